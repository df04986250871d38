//! What a proposal stands on, asked of its agent with the journal of its run.

use domain::{
    agent::RunView,
    approval::Approval,
    grounding::Footing,
    run::{Run, Step},
};
use tracing::warn;

use super::House;

/// None where the agent does not tell, or is here no more. A journal that cannot be read any more is said in the
/// log: whoever decides goes without.
pub fn footing(
    house: &House,
    (run, steps): (&Run, &[Step]),
    workspace_name: &str,
    approval: &Approval,
) -> Option<Footing> {
    let agent = house.agents.get(&run.agent)?;
    let settings = house.settings_of(&run.agent)?;
    let view = RunView {
        run,
        steps,
        settings: &settings,
        tools: house.granted.of(&house.catalog, &run.agent, &settings),
        procedures: &house.procedures,
        workspace_name,
    };
    match agent.footing(&view, &approval.binding.call, approval.preview.body.as_deref()?) {
        Ok(footing) => footing,
        Err(error) => {
            warn!(%error, approval = %approval.id, "it cannot be told what a proposal stands on");
            None
        }
    }
}
