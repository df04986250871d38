//! The files in `deploy/` fit the service: names of keys, ports, paths, commands and files are those that there are.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use orchestrator::config::{Config, DEFAULTS};
use serde_yaml_ng::Value;

use super::{read, root};

/// Whether `COUNTERSIGN_TABLE__KEY` is a key of the configuration.
fn is_key(variable: &str) -> bool {
    let Some(path) = variable.strip_prefix("COUNTERSIGN_") else { return false };
    let defaults: toml::Value = toml::from_str(DEFAULTS).unwrap();
    let mut at = &defaults;
    for part in path.to_lowercase().split("__") {
        let Some(next) = at.get(part) else { return false };
        at = next;
    }
    !at.is_table()
}

fn documents(path: &str) -> Vec<Value> {
    use serde::Deserialize as _;
    serde_yaml_ng::Deserializer::from_str(&read(path))
        .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{path}: {error}")))
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value:?} is no text"))
}

fn one(file: &str) -> Value {
    let mut all = documents(&format!("deploy/kubernetes/{file}"));
    assert_eq!(all.len(), 1, "{file}");
    all.remove(0)
}

#[test]
fn a_variable_that_is_no_key_is_found() {
    assert!(is_key("COUNTERSIGN_SERVER__ADDRESS") && is_key("COUNTERSIGN_SECRETS__KEY"));
    assert!(!is_key("COUNTERSIGN_SERVER") && !is_key("COUNTERSIGN_SERVER__PORT") && !is_key("OTHER"));
}

#[test]
fn the_deployment_fits_the_service() {
    let deployment = one("deployment.yaml");
    let spec = &deployment["spec"];
    let pod = &spec["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]);

    // The configuration that it is given is one, and the service listens where it is asked.
    let map = one("config.yaml");
    let config = Config::with(text(&map["data"]["countersign.toml"])).unwrap();
    let port = container["ports"][0]["containerPort"].as_u64().unwrap();
    assert_eq!(u64::from(config.server.address.port()), port);
    assert!(config.server.address.ip().is_unspecified(), "a pod is asked from outside");
    let mounts = container["volumeMounts"].as_sequence().unwrap();
    let mount = |name: &str| {
        text(&mounts.iter().find(|mount| mount["name"] == name).unwrap()["mountPath"]).to_owned()
    };
    let arguments: Vec<&str> = container["args"].as_sequence().unwrap().iter().map(text).collect();
    assert_eq!(arguments, ["--config", &format!("{}/countersign.toml", mount("config")), "serve"]);
    let volumes: BTreeSet<&str> =
        pod["volumes"].as_sequence().unwrap().iter().map(|volume| text(&volume["name"])).collect();
    assert_eq!(volumes, mounts.iter().map(|mount| text(&mount["name"])).collect());
    assert_eq!(pod["volumes"][0]["configMap"]["name"], map["metadata"]["name"]);

    // What it may take to stop: runs, sources and mails are waited for one after the other.
    let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(grace > 5 * config.server.stop_seconds + 10, "{grace}");

    let secret = one("secret.example.yaml");
    for variable in container["env"].as_sequence().unwrap() {
        let name = text(&variable["name"]);
        assert!(!name.starts_with("COUNTERSIGN_") || is_key(name), "{name} is no key of the configuration");
        let from = &variable["valueFrom"]["secretKeyRef"];
        assert_eq!(from["name"], secret["metadata"]["name"], "{name}");
        assert!(!secret["stringData"][text(&from["key"])].is_null(), "{name}: the secret has no such key");
    }

    let description: serde_json::Value = serde_json::from_str(&read("openapi.json")).unwrap();
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let get = &container[probe]["httpGet"];
        assert_eq!(get["port"], container["ports"][0]["name"]);
        assert!(description["paths"][text(&get["path"])]["get"].is_object(), "{probe}");
    }
    assert_ne!(
        container["livenessProbe"]["httpGet"]["path"], "/readyz",
        "a database that is away is no reason to kill the process"
    );

    // As the image has it.
    let image = read("deploy/Containerfile");
    let user = pod["securityContext"]["runAsUser"].as_u64().unwrap();
    assert!(image.contains(&format!("USER {user}\n")) && image.contains(&format!("--uid {user} ")));
    assert!(image.contains(&format!("WORKDIR {}\n", mount("state"))));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(text(&container["image"]), format!("countersign:{version}"));
}

#[test]
fn what_stands_before_the_deployment_finds_it() {
    let deployment = one("deployment.yaml");
    let labels = &deployment["spec"]["selector"]["matchLabels"];
    let before = documents("deploy/kubernetes/service.yaml");
    let (service, ingress) = (&before[0], &before[1]);
    assert_eq!(&service["spec"]["selector"], labels);
    let port = &service["spec"]["ports"][0];
    assert_eq!(
        port["targetPort"],
        deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0]["name"]
    );
    let backend = &ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
    assert_eq!((&backend["name"], &backend["port"]["name"]), (&service["metadata"]["name"], &port["name"]));
    let map = one("config.yaml");
    let config = Config::with(text(&map["data"]["countersign.toml"])).unwrap();
    assert_eq!(config.public_url(), format!("https://{}", text(&ingress["spec"]["rules"][0]["host"])));
    let said =
        |name: &str| &ingress["metadata"]["annotations"][format!("nginx.ingress.kubernetes.io/{name}")];
    // Live streams are not held back.
    assert_eq!(said("proxy-buffering"), "off");
    // Replays are in the memory of one replica, which the console asks again.
    assert_eq!(said("affinity"), "cookie");
    // A pod of the controller is no visitor.
    let pod = "10.244.0.7".parse().unwrap();
    assert!(config.server.trusted_proxies.trusts(pod), "all visitors would be one address");

    let budget = one("disruption.yaml");
    assert_eq!(&budget["spec"]["selector"]["matchLabels"], labels);
    let (stay, replicas) = (&budget["spec"]["minAvailable"], &deployment["spec"]["replicas"]);
    assert!(stay.as_u64() < replicas.as_u64(), "no node could ever be emptied");
}

/// `NAME` and the rest of each line of a Containerfile, continued lines joined.
fn instructions(text: &str) -> Vec<(String, String)> {
    text.replace("\\\n", " ")
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            (name.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect()
}

#[test]
fn the_image_is_made_of_what_there_is() {
    let manifest: toml::Value = toml::from_str(&read("Cargo.toml")).unwrap();
    let all = instructions(&read("deploy/Containerfile"));
    let known = [
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "VOLUME",
        "EXPOSE",
        "STOPSIGNAL",
        "ENTRYPOINT",
        "CMD",
    ];
    let mut stages = BTreeSet::new();
    let mut console = String::new();
    for (name, rest) in &all {
        assert!(known.contains(&name.as_str()), "{name} is no instruction");
        let words: Vec<&str> = rest.split(' ').collect();
        match name.as_str() {
            "FROM" => {
                if let [image, "AS", stage] = words[..] {
                    stages.insert(stage);
                    if let Some(version) = image.strip_prefix("rust:") {
                        let wanted = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
                        assert!(
                            version.starts_with(&format!("{wanted}-")),
                            "{image}, and the crates want {wanted}"
                        );
                    }
                }
            }
            "COPY" => match words[0].strip_prefix("--from=") {
                Some(stage) => assert!(stages.contains(stage), "there is no stage {stage}"),
                None => {
                    for source in &words[..words.len() - 1] {
                        assert!(root().join(source).exists(), "COPY {source}");
                    }
                }
            },
            "RUN" if rest.contains("--profile") => {
                let profile = words[words.iter().position(|word| *word == "--profile").unwrap() + 1];
                assert!(manifest["profile"].get(profile).is_some(), "there is no profile {profile}");
                let built = format!("--from=service /src/target/{profile}/countersign /usr/bin/countersign");
                assert!(all.iter().any(|(name, rest)| name == "COPY" && *rest == built), "{built}");
            }
            "ENV" => {
                for word in &words {
                    let (variable, value) = word.split_once('=').unwrap();
                    assert!(is_key(variable), "{variable} is no key of the configuration");
                    if variable.ends_with("CONSOLE_DIR") {
                        console = value.to_owned();
                    }
                }
            }
            _ => {}
        }
    }
    let copied = format!("--from=console /src/console/dist {console}");
    assert!(all.iter().any(|(name, rest)| name == "COPY" && *rest == copied), "{copied}");
    // What the two lists leave out of a build is not what it needs.
    let left_out = read("deploy/Containerfile.dockerignore");
    for needed in ["migrations", "rag", "console/src", "Cargo.lock", "prompts"] {
        assert!(root().join(needed).exists() && !left_out.contains(needed), "{needed}");
    }
}

#[test]
fn the_unit_starts_the_service() {
    let unit = read("deploy/countersign.service");
    let values = |key: &str| -> Vec<&str> {
        unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
    };
    assert_eq!(values("ExecStart"), ["/usr/bin/countersign serve"]);
    for variable in values("Environment") {
        let (name, _) = variable.split_once('=').unwrap();
        assert!(name == "COUNTERSIGN_CONFIG" || is_key(name), "{name} is no key of the configuration");
    }
    let config = Config::with("").unwrap();
    let stop: u64 = values("TimeoutStopSec")[0].parse().unwrap();
    assert!(stop > 5 * config.server.stop_seconds + 10, "{stop}");

    // Where systemd is installed, it reads it too; what it starts has to be there.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("countersign.service");
    fs::write(&copy, unit.replace("/usr/bin/countersign", env!("CARGO_BIN_EXE_countersign"))).unwrap();
    match Command::new("systemd-analyze").arg("verify").arg(&copy).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let about: Vec<&str> = said.lines().filter(|line| line.contains("countersign.service")).collect();
            assert!(about.is_empty(), "{about:?}");
        }
        Err(error) => eprintln!("systemd is not here ({error}); the unit was read by this test alone"),
    }
}

#[test]
fn every_file_for_deploying_is_told_of() {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false => found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join("deploy"), &mut files);
    let document = read("docs/operations.md");
    files.retain(|file| !file.ends_with(".dockerignore") && !document.contains(file.as_str()));
    assert_eq!(files, Vec::<String>::new(), "docs/operations.md does not mention these");
}
