//! A real SMTP server (Exim) and a real IMAP server (Dovecot), from Debian's packages, in a folder
//! of their own on ports of their own.
//!
//! Mail to `support@…` lands in the mailbox that IMAP serves; mail to `gone@…` is refused for good
//! and to `full@…` for now; all other mail lands in one mailbox of customers. What goes wrong
//! panics and says what to do.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tokio::time::Instant;
use tools::testing::Port;

const EXIM: &str = "/usr/sbin/exim4";
const DOVECOT: &str = "/usr/sbin/dovecot";
const PATIENCE: Duration = Duration::from_secs(20);

/// The mailbox's user and password.
pub const USER: &str = "support";
pub const PASSWORD: &str = "open-the-mailbox";

/// Both servers, not started yet. They end with their owner.
pub struct MailServers {
    folder: PathBuf,
    smtp_port: Port,
    imap_port: Port,
    smtp: Option<Child>,
    imap: Option<Child>,
}

impl MailServers {
    /// Writes the configurations to `folder`, which must be empty and outlive the servers, and picks
    /// the ports.
    pub fn new(folder: &Path) -> Self {
        installed(EXIM, "exim4-daemon-light");
        installed(DOVECOT, "dovecot-core");
        installed("/usr/lib/dovecot/imap", "dovecot-imapd");
        // The servers give up root, and must still get in.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        let servers = Self {
            folder: folder.to_owned(),
            smtp_port: Port::reserve(),
            imap_port: Port::reserve(),
            smtp: None,
            imap: None,
        };
        let owner = Owner::of(servers.path());
        for name in ["support", "customers", "spool", "exim-log", "dovecot", "home"] {
            let path = servers.path().join(name);
            fs::create_dir(&path).unwrap();
            std::os::unix::fs::chown(&path, Some(owner.uid), Some(owner.gid)).unwrap();
        }
        servers.write("exim.conf", &exim(servers.path(), servers.smtp_port(), &owner));
        servers.write("dovecot.conf", &dovecot(servers.path(), servers.imap_port(), &owner));
        servers
    }

    pub fn smtp_port(&self) -> u16 {
        self.smtp_port.number()
    }

    pub fn imap_port(&self) -> u16 {
        self.imap_port.number()
    }

    fn path(&self) -> &Path {
        &self.folder
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    /// Starts the SMTP server and waits until it answers.
    pub fn start_smtp(&mut self) {
        let config = self.path().join("exim.conf");
        let child = self.spawn(Command::new(EXIM).arg("-C").arg(config).arg("-bdf"), "exim");
        self.smtp = Some(self.wait_for(child, self.smtp_port(), "exim"));
    }

    /// Starts the IMAP server and waits until it answers.
    pub fn start_imap(&mut self) {
        let config = self.path().join("dovecot.conf");
        let child = self.spawn(Command::new(DOVECOT).arg("-F").arg("-c").arg(config), "dovecot");
        self.imap = Some(self.wait_for(child, self.imap_port(), "dovecot"));
    }

    pub fn stop_imap(&mut self) {
        if let Some(child) = self.imap.take() {
            stop(child);
        }
    }

    pub fn stop_smtp(&mut self) {
        if let Some(child) = self.smtp.take() {
            stop(child);
        }
    }

    fn spawn(&self, command: &mut Command, name: &str) -> Child {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path().join(format!("{name}.out")))
            .unwrap();
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"))
    }

    fn wait_for(&self, mut child: Child, port: u16, name: &str) -> Child {
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = child.try_wait().unwrap();
            if ended.is_some() || Instant::now() > until {
                stop(child);
                panic!("{name} did not come up ({ended:?}):\n{}", self.logs());
            }
            thread::sleep(Duration::from_millis(5));
        }
        child
    }

    /// What the servers said, for messages of failed tests.
    pub fn logs(&self) -> String {
        [
            "exim.out",
            "exim-log/main",
            "exim-log/reject",
            "exim-log/panic",
            "dovecot.out",
            "dovecot/dovecot.log",
        ]
        .iter()
        .filter_map(|name| Some(format!("{name}:\n{}", fs::read_to_string(self.path().join(name)).ok()?)))
        .collect::<Vec<_>>()
        .join("\n")
    }

    /// The mails that have reached customers, the oldest first.
    pub fn customers_mail(&self) -> Vec<Vec<u8>> {
        mails(&self.path().join("customers"))
    }

    /// The names of the files in the served mailbox; their ends are the flags: `S` seen, `F` flagged.
    pub fn support_flags(&self) -> Vec<String> {
        files(&self.path().join("support"))
            .iter()
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                name.rsplit_once(":2,").map(|(_, flags)| flags.to_owned()).unwrap_or_default()
            })
            .collect()
    }
}

impl Drop for MailServers {
    fn drop(&mut self) {
        self.stop_smtp();
        self.stop_imap();
    }
}

fn installed(program: &str, package: &str) {
    assert!(
        Path::new(program).exists(),
        "{program} is missing; these tests need Debian's package {package}: apt-get install {package}"
    );
}

/// Ends a child of ours, kindly first, so that it takes its own children along.
fn stop(mut child: Child) {
    Command::new("kill").arg(child.id().to_string()).status().ok();
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().ok();
    child.wait().ok();
}

/// Whom the files belong to: the caller, or for root, who may not get mail, Exim's own user.
struct Owner {
    user: String,
    group: String,
    uid: u32,
    gid: u32,
}

impl Owner {
    fn of(folder: &Path) -> Self {
        let uid = fs::metadata(folder).unwrap().uid();
        let users = fs::read_to_string("/etc/passwd").unwrap();
        let found = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| {
            if uid == 0 {
                fields[0] == "Debian-exim"
            } else {
                fields.get(2) == Some(&uid.to_string().as_str())
            }
        });
        let fields = found.expect("a user for the mail servers in /etc/passwd");
        let gid: u32 = fields[3].parse().unwrap();
        let groups = fs::read_to_string("/etc/group").unwrap();
        let group = groups.lines().find(|line| line.split(':').nth(2) == Some(&gid.to_string())).unwrap();
        Self {
            user: fields[0].to_owned(),
            group: group.split(':').next().unwrap().to_owned(),
            uid: fields[2].parse().unwrap(),
            gid,
        }
    }
}

fn files(maildir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = ["new", "cur"]
        .iter()
        .filter_map(|name| fs::read_dir(maildir.join(name)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    all
}

fn mails(maildir: &Path) -> Vec<Vec<u8>> {
    files(maildir).iter().map(|path| fs::read(path).unwrap()).collect()
}

fn exim(folder: &Path, port: u16, owner: &Owner) -> String {
    let folder = folder.display();
    let Owner { user, group, .. } = owner;
    format!(
        "primary_hostname = mail.test
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
spool_directory = {folder}/spool
log_file_path = {folder}/exim-log/%s
pid_file_path = {folder}/spool/exim.pid
keep_environment =
tls_advertise_hosts =
rfc1413_hosts =
host_lookup =
message_size_limit = 60M
check_spool_space = 0
check_log_space = 0
acl_smtp_rcpt = recipients
begin acl
recipients:
  deny local_parts = gone
       message = there is nobody of that name
  defer local_parts = full
       message = the mailbox is full
  accept
begin routers
support:
  driver = accept
  local_parts = support
  transport = support
customers:
  driver = accept
  transport = customers
begin transports
support:
  driver = appendfile
  maildir_format
  return_path_add
  directory = {folder}/support
  user = {user}
  group = {group}
customers:
  driver = appendfile
  maildir_format
  directory = {folder}/customers
  user = {user}
  group = {group}
"
    )
}

fn dovecot(folder: &Path, port: u16, owner: &Owner) -> String {
    let folder = folder.display();
    let Owner { user, group, uid, gid } = owner;
    format!(
        "base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/dovecot/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{folder}/support
mailbox_list_index = no
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"
    )
}
