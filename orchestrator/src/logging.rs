//! The log, and the one border before it: a line is written down as the workspace it is about lets it.
//!
//! Lines are treated when they are whole, after everything that a library or a line of this service put into
//! them, so no place that logs can forget it. Whose a line is its spans say, by a field `workspace`, or the
//! line itself; of what belongs to nobody the installation's rules count.

use std::{borrow::Cow, fmt, panic, sync::Arc};

use domain::{WorkspaceId, canonical::Sorted};
use guards::masking::{Border, Protector};
use serde_json::Value;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    EnvFilter, Layer,
    field::MakeExt as _,
    fmt::{
        FmtContext, FormatEvent, FormatFields, MakeWriter,
        format::{self, Writer},
    },
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

use crate::{
    config::{LogConfig, LogFormat},
    models,
    protections::Protections,
};

/// The field of a span or a line that says whose it is.
const WORKSPACE: &str = "workspace";

/// Everything that the process logs goes to `writer` from here on.
pub fn start<W>(config: &LogConfig, protections: Arc<Protections>, writer: W) -> anyhow::Result<()>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|error| anyhow::anyhow!("log.filter `{}` is not valid: {error}", config.filter))?
        .add_directive(models::LOG_DIRECTIVE.parse()?)
        .add_directive(tools::mcp::LOG_DIRECTIVE.parse()?);
    let subscriber = tracing_subscriber::registry().with(filter).with(Whose);
    let subscriber = subscriber.with(lines(config.format, protections, writer));
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))?;
    // What a panic says may be a value too, and would go past the log.
    panic::set_hook(Box::new(|info| {
        let said = info.payload_as_str().unwrap_or("nothing more is known");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%place, "panicked: {said}");
    }));
    Ok(())
}

fn lines<S, W>(format: LogFormat, protections: Arc<Protections>, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // No colours: a value between them would not be seen for what it is.
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    match format {
        LogFormat::Text => {
            let format = Treated { format: format::format(), is_json: false, protections };
            lines.fmt_fields(fields()).event_format(format).boxed()
        }
        LogFormat::Json => {
            let format = Treated { format: format::format().json(), is_json: true, protections };
            lines.json().event_format(format).boxed()
        }
    }
}

/// Fields as they are always written, but for an address: in front of one, the name of its field and the sign
/// behind it would be a part of it.
fn fields() -> impl for<'w> FormatFields<'w> {
    let write = |writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        let value = format!("{value:?}");
        match field.name() {
            "message" => writer.write_str(&value),
            name if value.contains('@') && !value.starts_with('"') => write!(writer, "{name}={value:?}"),
            name => write!(writer, "{name}={value}"),
        }
    };
    format::debug_fn(write).delimited(" ")
}

/// Writes a line as another format does, and treats it.
struct Treated<F> {
    format: F,
    is_json: bool,
    protections: Arc<Protections>,
}

impl<S, N, F> FormatEvent<S, N> for Treated<F>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.format.format_event(context, Writer::new(&mut line), event)?;
        let mut said = Said::default();
        event.record(&mut said);
        let spans =
            || context.event_scope()?.find_map(|span| span.extensions().get::<WorkspaceId>().copied());
        let protector = match said.workspace.or_else(spans) {
            Some(workspace) => self.protections.of(workspace),
            None => self.protections.installation(),
        };
        writer.write_str(&treated(&protector, &line, self.is_json))
    }
}

fn treated<'l>(protector: &Protector, line: &'l str, is_json: bool) -> Cow<'l, str> {
    match serde_json::from_str::<Value>(line) {
        // As a value: in its text a `\n` before an address would be a part of it.
        Ok(value) if is_json => {
            Cow::Owned(format!("{}\n", Sorted(&protector.redact_json(Border::Log, &value))))
        }
        _ => protector.redact(Border::Log, line),
    }
}

/// Keeps with each span whose it is.
struct Whose;

impl<S> Layer<S> for Whose
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut said = Said::default();
        attributes.record(&mut said);
        keep(&said, id, &context);
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        values.record(&mut said);
        keep(&said, id, &context);
    }
}

fn keep<S>(said: &Said, id: &span::Id, context: &Context<'_, S>)
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    if let (Some(workspace), Some(span)) = (said.workspace, context.span(id)) {
        span.extensions_mut().replace(workspace);
    }
}

#[derive(Default)]
struct Said {
    workspace: Option<WorkspaceId>,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == WORKSPACE {
            self.workspace = format!("{value:?}").parse().ok();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == WORKSPACE {
            self.workspace = value.parse().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Mutex, PoisonError},
    };

    use guards::masking::{Own, Pseudonyms};
    use proptest::prelude::*;
    use serde_json::json;
    use tracing::{info, info_span};

    use super::*;
    use crate::config::Config;

    const CARD: &str = "4111 1111 1111 1111";

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of what `tell` logs.
    fn written(format: LogFormat, protections: &Arc<Protections>, tell: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let lines = lines(format, Arc::clone(protections), move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(Whose).with(lines);
        tracing::subscriber::with_default(subscriber, tell);
        let bytes = page.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).unwrap()
    }

    fn house() -> Arc<Protections> {
        Config::with("").unwrap().guards.protections().unwrap()
    }

    #[test]
    fn a_value_is_written_down_neither_by_a_message_nor_by_a_field_nor_by_a_span() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = written(format, &house(), || {
                let _span = info_span!("taking", from = %"jane.doe@example.com").entered();
                info!(error = ?format!("in\njohn@example.com"), "the card {CARD}");
            });
            for value in [CARD, "1111 1111", "jane.doe@", "john@"] {
                assert!(!text.contains(value), "{value}: {text}");
            }
            assert!(text.contains("•••• 1111") && text.contains("taking") && text.contains("INFO"), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).is_ok(), format == LogFormat::Json, "{text}");
            if format == LogFormat::Text {
                assert!(text.contains(r#"taking{from="j•••@e•••.com"}"#), "{text}");
            }
        }
    }

    #[test]
    fn whose_a_line_is_says_by_which_rules_it_is_written() {
        let (north, south) = (WorkspaceId(uuid::Uuid::from_u128(7)), WorkspaceId(uuid::Uuid::from_u128(8)));
        let protections = house();
        let own = |value| Own::read(&value).ok().unwrap();
        let shows = own(json!({ "log": { "kinds": { "email": "allow" } } }));
        let stands_for = own(json!({ "log": { "default": "placeholder" } }));
        protections.put(north, &protections.house().with(&shows));
        let keyed = protections.house().with(&stands_for).keyed(Pseudonyms::new([3; 32]));
        protections.put(south, &keyed);
        let text = written(LogFormat::Text, &protections, || {
            info!("one jane@example.com");
            info!(workspace = %north, "two jane@example.com");
            let late = info_span!("request", workspace = tracing::field::Empty).entered();
            tracing::Span::current().record("workspace", tracing::field::display(south));
            info_span!("inner").in_scope(|| info!("three jane@example.com"));
            info!("four Jane@Example.com");
            drop(late);
        });
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("one j•••@e•••.com"), "{text}");
        assert!(lines[1].contains("two jane@example.com"), "{text}");
        let stands = lines[2].split_once("three ").unwrap().1;
        assert!(stands.starts_with("<EMAIL_"), "{text}");
        assert!(lines[3].contains(&format!("four {stands}")), "the same in every line: {text}");
    }

    proptest! {
        #[test]
        fn what_the_service_names_things_by_stays_readable(id in any::<u128>(), millis in 0u32..100_000) {
            let id = uuid::Uuid::from_u128(id);
            let text = format!(
                "2026-11-22T07:28:38.123456Z  WARN run{{id={id} agent=resolution}}: orchestrator::engine: a mail has to \
                 wait delivery={id} wait_ms={millis} attempt=3 seq=418 digest={}\n",
                domain::canonical::Digest::of(&id),
            );
            let house = house_once();
            let shown = treated(&house, &text, false).into_owned();
            prop_assert_eq!(shown, text);
        }
    }

    fn house_once() -> Arc<Protector> {
        static HOUSE: std::sync::LazyLock<Arc<Protections>> = std::sync::LazyLock::new(house);
        HOUSE.installation()
    }
}
