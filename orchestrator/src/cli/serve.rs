//! `countersign serve`.

use std::{process::ExitCode, sync::Arc};

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    app::Service,
    config::{Config, LogFormat},
    system::{SystemClock, SystemIds},
};

pub(super) async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    start_logging(&config)?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let demo = config.demo.enabled.then(|| config.demo.password.expose().to_owned());
    let public = (!config.server.public_url.is_empty()).then(|| config.public_url());
    let service = Service::start(config, Arc::new(SystemClock), Arc::new(SystemIds)).await?;
    let url = public.unwrap_or_else(|| format!("http://{}", service.address));
    println!();
    println!("  Countersign is up");
    println!();
    println!("  Console         {url}/");
    println!("  Customer chat   {url}/chat");
    println!("  API             {url}/docs");
    if let Some(password) = demo {
        println!();
        println!("  Sign in as      reviewer@northfold.example   (or owner@, admin@, agent@)");
        println!("  Password        {password}");
    } else if service.app.store.workspaces().await?.is_empty() {
        println!();
        println!("  There is no workspace yet: `countersign workspace create` makes one,");
        println!("  or `countersign serve --demo` starts with a demo shop.");
    }
    println!();
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    service.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn start_logging(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log.filter)
        .map_err(|error| anyhow::anyhow!("log.filter `{}` is not valid: {error}", config.log.filter))?
        .add_directive(crate::models::LOG_DIRECTIVE.parse()?);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}
