//! `countersign eval` hands over to the program `countersign-eval`, as cargo and git do with commands that they do
//! not have: evaluations drive the service, so they are built after it and not into it.

use std::{
    env,
    ffi::{OsStr, OsString},
    io::ErrorKind,
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, bail};

const PROGRAM: &str = "countersign-eval";

/// What follows `eval`, when that is the first word. Looked at before anything is parsed, because its options are
/// the other program's.
pub(super) fn asked(mut args: impl Iterator<Item = OsString>) -> Option<Vec<OsString>> {
    args.next();
    (args.next()? == OsStr::new("eval")).then(|| args.collect())
}

/// Runs the program beside this one, or else the one on the PATH, and ends as it did.
pub(super) fn hand_over(args: &[OsString]) -> anyhow::Result<ExitCode> {
    let program = beside().unwrap_or_else(|| PathBuf::from(PROGRAM));
    match Command::new(&program).args(args).status() {
        Ok(status) => Ok(status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from)),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "`{PROGRAM}` is neither beside this program nor on the PATH; `cargo build -p countersign-evals` builds it"
        ),
        Err(error) => Err(error).with_context(|| format!("{} cannot be started", program.display())),
    }
}

fn beside() -> Option<PathBuf> {
    let program = env::current_exe().ok()?.with_file_name(format!("{PROGRAM}{}", env::consts::EXE_SUFFIX));
    program.is_file().then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &str) -> Option<Vec<OsString>> {
        asked(words.split(' ').map(OsString::from))
    }

    #[test]
    fn what_follows_is_left_to_the_other_program() {
        assert_eq!(
            of("countersign eval run --config a.toml"),
            Some(vec!["run".into(), "--config".into(), "a.toml".into()])
        );
        assert_eq!(of("countersign eval"), Some(Vec::new()));
        assert_eq!(of("countersign serve eval"), None);
        assert_eq!(of("countersign"), None);
    }
}
