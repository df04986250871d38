//! `countersign serve`.

use std::{process::ExitCode, sync::Arc};

use domain::Clock;
use tokio::signal::unix::{SignalKind, signal};

use super::output::Output;
use crate::{
    app::{Brought, Service},
    config::Config,
    logging,
    system::{SharedClock, SystemClock, SystemIds},
};

pub(super) async fn serve(config: Config, out: Output) -> anyhow::Result<ExitCode> {
    let protections = config.guards.protections()?;
    logging::start(&config.log, Arc::clone(&protections), std::io::stderr)?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let demo = config.demo.enabled.then(|| config.demo.password.expose().to_owned());
    let public = (!config.server.public_url.is_empty()).then(|| config.public_url());
    let clock = Arc::new(SharedClock::default());
    // An embedded database has no time of its own.
    let shared = !config.database.url.starts_with("sqlite:");
    let brought = Brought {
        protections: Some(protections),
        shared_clock: shared.then(|| Arc::clone(&clock)),
        ..Brought::default()
    };
    let clock: Arc<dyn Clock> = if shared { clock } else { Arc::new(SystemClock) };
    let service = Service::start_with(config, clock, Arc::new(SystemIds), brought).await?;
    let url = public.unwrap_or_else(|| format!("http://{}", service.address));
    let mut text = format!(
        "\n  Countersign is up\n\n  Console         {url}/\n  Customer chat   {url}/chat\n  API             {url}/docs\n"
    );
    if let Some(password) = demo {
        text.push_str("\n  Sign in as      reviewer@northfold.example   (or owner@, admin@, agent@)\n");
        text.push_str(&format!("  Password        {password}\n"));
    // It serves already: a database that is away for a moment is no reason to end.
    } else if service.app.store.workspaces().await.is_ok_and(|known| known.is_empty()) {
        text.push_str("\n  There is no workspace yet: `countersign workspace create` makes one,\n");
        text.push_str("  or `countersign serve --demo` starts with a demo shop.\n");
    }
    if let Err(error) = out.line(text) {
        // The service is not there for whoever reads this.
        tracing::debug!(%error, "nobody reads the standard output");
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    service.stop().await;
    Ok(ExitCode::SUCCESS)
}
