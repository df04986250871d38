//! `kb ask`: a question to the knowledge base, answered on the terminal.

use std::process::ExitCode;

use domain::WorkspaceId;

use super::output::Output;
use crate::{
    answering::{Asked, Audience, Outcome, answer},
    app::App,
};

/// Failure when there is no answer, so that scripts can tell.
pub(super) async fn run(
    app: &App,
    workspace: WorkspaceId,
    question: String,
    internal: bool,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let audience = if internal { Audience::Staff } else { Audience::Customer };
    let asked = Asked { question, turns: Vec::new(), customer_id: None, audience };
    let answered = answer(app, workspace, &asked).await?;
    out.either(&answered, || {
        out.line(&answered.text)?;
        for sentence in &answered.sentences {
            for citation in &sentence.citations {
                let quote: String = citation.quote.split_whitespace().collect::<Vec<_>>().join(" ");
                out.line(format!("  {} v{}: “{quote}”", citation.slug, citation.document_version))?;
            }
        }
        for reason in &answered.answerability.reasons {
            out.line(format!("  {reason}"))?;
        }
        match (&answered.model, &answered.provider) {
            (Some(model), Some(provider)) => out.line(format!("  answered by {model} ({provider})")),
            _ => Ok(()),
        }
    })?;
    Ok(if answered.outcome == Outcome::Answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
