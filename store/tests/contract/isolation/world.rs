//! A workspace with a row in every table, and the ids of what is in it.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    AccountId, ApiKeyId, ApprovalId, AttachmentId, ChunkId, CitationId, ContactId, CustomerId,
    CustomerSessionId, DeliveryId, DocumentId, EffectId, EvaluationCaseId, EvaluationId, EventId, GapId,
    GapQuestionId, InvitationId, MessageId, PaperId, ReservationId, RunId, ScanId, ServiceAccountId,
    SessionId, SourceId, SourcePageId, SuggestionId, ThreadId, TicketId, Timestamp, UserId, ViewId,
    approval::DecisionKind,
    approval_mail::{ApprovalMail, Mailed},
    audit::{AuditAction, Deed},
    breaker::{
        Breaker, BreakerOf,
        automatic::{Move, Terms},
    },
    canonical::Digest,
    citation::{PassageFeedback, PassageVerdict},
    commit::{Commit, NewRun, Op, RunTo},
    copilot::Asked,
    credit::Reservation,
    customer::{Contact, Customer},
    gap::{Gap, GapCause, GapQuestion, GapStatus},
    knowledge::{Chunk, Document, Metadata, Said},
    meter::{Ceiling, Scope, Unit, Window},
    permission::{OwnRole, Permission},
    personal_data::{NewSuggestion, ScanPlace, Suggestion, SuggestionStatus},
    policy::PolicyDocument,
    presence::Doing,
    queue::{Narrowed, View},
    run::Run,
    source::{PageStatus, Source, SourceKind, SourcePage},
    ticket::EventBody,
    tool::{Risk, ToolSource, ToolSpec},
    user::{Actor, Role, RoleName, Team, TeamName, User},
};
use serde_json::json;
use store::{
    ApiKey, Attachment, Invitation, Joining, KeyOwner, KnowledgeFact, RegistrationStatus, ServiceAccount,
    Session, ToolRegistration,
};

use super::{MARK, portal, tickets};
use crate::{
    fixture::{Fixture, decided, one, waiting},
    paper::held_back,
};

pub const TERMS: Terms = Terms {
    failures: 3,
    error_rate: 0.0,
    window: Duration::from_secs(60),
    minimum: 20,
    cool_down: Duration::from_secs(30),
    longest: Duration::from_secs(300),
    probes: 1,
};

/// Ids of what is in a workspace, and what is looked up by other names.
#[derive(Clone)]
pub struct World {
    /// Stands in every text that is made of this.
    pub tag: &'static str,
    pub at: Timestamp,
    pub customer: CustomerId,
    pub contact: ContactId,
    pub user: UserId,
    pub key: ApiKeyId,
    pub account: AccountId,
    pub service: ServiceAccountId,
    pub session: SessionId,
    pub invitation: InvitationId,
    pub ticket: TicketId,
    pub event: EventId,
    pub message: MessageId,
    pub run: RunId,
    pub approval: ApprovalId,
    pub digest: Digest,
    pub effect: EffectId,
    pub paper: PaperId,
    pub delivery: DeliveryId,
    pub citation: CitationId,
    pub document: DocumentId,
    pub chunk: ChunkId,
    pub gap: GapId,
    pub question: GapQuestionId,
    pub source: SourceId,
    pub page: SourcePageId,
    pub scan: ScanId,
    pub suggestion: SuggestionId,
    pub attachment: AttachmentId,
    pub reservation: ReservationId,
    /// The version of the follow-up's event.
    pub follow_up: i64,
    /// A digest that the audit holds.
    pub audited: String,
    pub fence: i64,
    pub view: ViewId,
    pub thread: ThreadId,
    pub customer_session: CustomerSessionId,
    pub evaluation: EvaluationId,
    pub case: EvaluationCaseId,
}

pub const EMAIL: &str = "ada@customer.example";
pub const MAIL: &str = "abc@mail.example";
pub const SLUG: &str = "returns";
pub const ADDRESS: &str = "https://help.example/returns";
pub const COLLECTION: &str = "vectors";
/// The digest of an invitation's link.
pub const INVITED: &str = "invited";

impl World {
    /// Ids that nothing has.
    pub fn strange(f: &Fixture, at: Timestamp) -> Self {
        Self {
            tag: "other",
            at,
            customer: f.id(CustomerId::new),
            contact: f.id(ContactId::new),
            user: f.id(UserId::new),
            key: f.id(ApiKeyId::new),
            account: f.id(AccountId::new),
            service: f.id(ServiceAccountId::new),
            session: f.id(SessionId::new),
            invitation: f.id(InvitationId::new),
            ticket: f.id(TicketId::new),
            event: f.id(EventId::new),
            message: f.id(MessageId::new),
            run: f.id(RunId::new),
            approval: f.id(ApprovalId::new),
            digest: Digest::of("nothing"),
            effect: f.id(EffectId::new),
            paper: f.id(PaperId::new),
            delivery: f.id(DeliveryId::new),
            citation: f.id(CitationId::new),
            document: f.id(DocumentId::new),
            chunk: f.id(ChunkId::new),
            gap: f.id(GapId::new),
            question: f.id(GapQuestionId::new),
            source: f.id(SourceId::new),
            page: f.id(SourcePageId::new),
            scan: f.id(ScanId::new),
            suggestion: f.id(SuggestionId::new),
            attachment: f.id(AttachmentId::new),
            reservation: f.id(ReservationId::new),
            follow_up: 4,
            audited: "0".repeat(64),
            fence: 1,
            view: f.id(ViewId::new),
            thread: f.id(ThreadId::new),
            customer_session: f.id(CustomerSessionId::new),
            evaluation: f.id(EvaluationId::new),
            case: f.id(EvaluationCaseId::new),
        }
    }

    pub fn asked(&self) -> Box<Asked> {
        let (key, text) = (self.tag.to_owned(), self.tag.to_owned());
        Box::new(Asked { by: self.user, thread_id: self.thread, seq: 0, key, text, looking_at: None })
    }

    pub fn view(&self) -> View {
        View {
            id: self.view,
            owner_id: self.user,
            shared: true,
            name: self.tag.to_owned(),
            narrowed: Narrowed { text: Some(self.tag.to_owned()), ..Narrowed::default() },
            created_at: self.at,
        }
    }

    pub fn compared(&self) -> EventBody {
        EventBody::PaperCompared {
            paper_id: self.paper,
            run_id: self.run,
            tool: self.tag.to_owned(),
            same: true,
        }
    }

    pub fn actor(&self) -> Actor {
        Actor::User { user_id: self.user, name: self.tag.to_owned() }
    }

    pub fn deed(&self, action: AuditAction) -> Deed {
        let (at, subject) = (self.at, self.tag.to_owned());
        Deed { at, actor: self.actor(), action, subject, detail: json!({ "of": self.tag }) }
    }

    pub fn customer(&self) -> (Customer, Contact) {
        let (name, at) = (self.tag.to_owned(), self.at);
        let fields = [("plan".to_owned(), name.clone())].into();
        let (tier, locale) = ("gold".to_owned(), "en".to_owned());
        let customer = Customer {
            id: self.customer,
            name: name.clone(),
            tier,
            locale,
            fields,
            created_at: at,
            updated_at: at,
        };
        let email = EMAIL.to_owned();
        (customer, Contact { id: self.contact, customer_id: self.customer, name, email, created_at: at })
    }

    /// Addresses are of one workspace alone.
    pub fn user(&self, email: &str) -> User {
        User {
            id: self.user,
            email: email.to_owned(),
            name: self.tag.to_owned(),
            role: Role::Reviewer,
            title: self.tag.to_owned(),
            created_at: self.at,
            deactivated_at: None,
        }
    }

    pub fn key(&self) -> ApiKey {
        ApiKey {
            id: self.key,
            name: self.tag.to_owned(),
            owner: KeyOwner::ServiceAccount(self.service),
            scopes: [Permission::ReadTickets].into_iter().collect(),
            hint: self.tag.to_owned(),
            created_at: self.at,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    pub fn session(&self) -> Session {
        let expires_at = self.at.plus(Duration::from_secs(3600));
        Session {
            id: self.session,
            account_id: self.account,
            user_id: self.user,
            device: self.tag.to_owned(),
            address: String::new(),
            second_factor: false,
            created_at: self.at,
            seen_at: self.at,
            expires_at,
        }
    }

    pub fn invitation(&self, email: &str) -> Invitation {
        Invitation {
            id: self.invitation,
            email: email.to_owned(),
            role: Role::Reviewer,
            invited_by: self.actor(),
            created_at: self.at,
            expires_at: self.at.plus(Duration::from_secs(3600)),
        }
    }

    pub fn joining(&self, email: &str) -> Joining {
        let deed = self.deed(AuditAction::InvitationAccepted);
        Joining { user: self.user(email), password_hash: Some(self.tag.to_owned()), deed }
    }

    pub fn document(&self) -> (Document, Vec<Chunk>) {
        let document = Document {
            id: self.document,
            slug: SLUG.to_owned(),
            meta: Metadata { brand: Some(self.tag.to_owned()), ..Metadata::titled(self.tag) },
            version: 1,
            digest: Digest::of(self.tag),
            body: format!("# {}", self.tag),
            created_at: self.at,
            updated_at: self.at,
        };
        let chunk = Chunk {
            id: self.chunk,
            document_id: self.document,
            document_version: 1,
            since_version: 1,
            ordinal: 0,
            start: 0,
            heading_path: vec![self.tag.to_owned()],
            text: self.tag.to_owned(),
        };
        (document, vec![chunk])
    }

    pub fn feedback(&self) -> PassageFeedback {
        PassageFeedback {
            chunk_id: self.chunk,
            document_id: self.document,
            document_version: 1,
            author: self.user.to_string(),
            verdict: PassageVerdict::Wrong,
            note: self.tag.to_owned(),
            quote: self.tag.to_owned(),
            ticket_id: Some(self.ticket),
            at: self.at,
        }
    }

    pub fn gap(&self) -> (Gap, GapQuestion) {
        let gap = Gap {
            id: self.gap,
            status: GapStatus::Open,
            question: self.tag.to_owned(),
            terms: [(self.tag.to_owned(), 1)].into(),
            questions: 1,
            document_slug: None,
            first_at: self.at,
            last_at: self.at,
        };
        let question = GapQuestion {
            id: self.question,
            gap_id: self.gap,
            question: self.tag.to_owned(),
            cause: GapCause::Abstained,
            missing: vec![self.tag.to_owned()],
            ticket_id: Some(self.ticket),
            run_id: Some(self.run),
            at: self.at,
        };
        (gap, question)
    }

    pub fn source(&self) -> Source {
        Source {
            id: self.source,
            kind: SourceKind::Url,
            address: ADDRESS.to_owned(),
            said: Said { brand: Some(self.tag.to_owned()), ..Said::default() },
            created_at: self.at,
            asked_at: None,
            synced_at: None,
            report: None,
            lease_until: None,
            fence: 0,
            removing: None,
        }
    }

    pub fn page(&self) -> SourcePage {
        SourcePage {
            id: self.page,
            source_id: self.source,
            address: ADDRESS.to_owned(),
            status: PageStatus::Stored,
            reason: Some(self.tag.to_owned()),
            etag: None,
            last_modified: None,
            digest: None,
            bytes: Some(7),
            modified_at: None,
            created_at: self.at,
            checked_at: self.at,
        }
    }

    pub fn suggestion(&self) -> NewSuggestion {
        NewSuggestion {
            text: Digest::of(self.tag),
            suggestion: Suggestion {
                id: self.suggestion,
                scan_id: self.scan,
                ticket_id: self.ticket,
                message_id: self.message,
                status: SuggestionStatus::Open,
                kinds: BTreeSet::from(["email".to_owned()]),
                spans: Vec::new(),
                excerpt: self.tag.to_owned(),
                decided_by: None,
                decided_at: None,
                created_at: self.at,
            },
        }
    }

    pub fn breaker(&self, name: &str) -> Breaker {
        let of = BreakerOf::Integration(name.to_owned());
        Breaker { of, reason: self.tag.to_owned(), opened_by: self.actor(), opened_at: self.at }
    }

    pub fn opens(&self) -> Move {
        Move::Open { reason: self.tag.to_owned(), error: self.tag.to_owned() }
    }

    pub fn policy(&self) -> PolicyDocument {
        PolicyDocument {
            version: 1,
            digest: Digest::of(self.tag),
            text: self.tag.to_owned(),
            note: self.tag.to_owned(),
            created_by: self.actor(),
            created_at: self.at,
        }
    }

    pub fn registration(&self) -> ToolRegistration {
        let spec = ToolSpec {
            name: "shop__refund".to_owned(),
            version: Digest::of("v1"),
            title: self.tag.to_owned(),
            description: self.tag.to_owned(),
            risk: Risk::Irreversible,
            parameters: json!({ "type": "object" }),
            protected: Vec::new(),
            compensation: None,
            amount_arg: None,
            capabilities: Vec::new(),
            source: ToolSource::Mcp { server: "shop".to_owned() },
            local: false,
            idempotent: true,
            always_asks: false,
        };
        ToolRegistration {
            name: spec.name.clone(),
            server: "shop".to_owned(),
            spec,
            status: RegistrationStatus::Approved,
            was: None,
            updated_at: self.at,
        }
    }

    pub fn service(&self) -> ServiceAccount {
        ServiceAccount {
            id: self.service,
            name: self.tag.to_owned(),
            description: self.tag.to_owned(),
            created_at: self.at,
            deactivated_at: None,
        }
    }

    pub fn role(&self) -> OwnRole {
        OwnRole {
            name: RoleName::parse("refund_desk").unwrap(),
            description: self.tag.to_owned(),
            permissions: [Permission::ReadTickets].into_iter().collect(),
        }
    }

    pub fn team(&self) -> Team {
        let name = TeamName::parse("refunds").unwrap();
        Team { name, description: self.tag.to_owned(), created_at: self.at }
    }

    pub fn attachment(&self) -> Attachment {
        Attachment {
            id: self.attachment,
            filename: self.tag.to_owned(),
            content_type: "text/plain".to_owned(),
            content: self.tag.as_bytes().to_owned(),
            created_at: self.at,
        }
    }

    pub fn mail(&self) -> ApprovalMail {
        ApprovalMail {
            approval_id: self.approval,
            user_id: self.user,
            sha256: Some("a".repeat(64)),
            listed: false,
            digest: self.digest.clone(),
            created_at: self.at,
            sent_at: None,
            expires_at: self.at.plus(Duration::from_secs(60)),
        }
    }

    pub fn reserve(&self) -> Op {
        let scope = Scope::Agent("resolution".to_owned());
        let ceiling = Ceiling { scope, unit: Unit::Credits, window: Window::Day, most: 5_000, grace: false };
        let (run_id, agent) = (Some(self.run), "resolution".to_owned());
        let reservation =
            Box::new(Reservation { id: self.reservation, run_id, agent, tool: None, micros: 7, at: self.at });
        Op::Reserve { reservation, ceilings: vec![ceiling], held: true }
    }
}

/// Puts something into every table of the fixture's workspace, and names it.
pub async fn furnish(f: &mut Fixture) -> World {
    let at = f.now();
    let mut w = World { tag: MARK, ..World::strange(f, at) };
    let (customer, contact) = w.customer();
    f.desk.create_customer(customer, contact).await.unwrap();
    f.desk.create_user(w.user("reviewer@north.example"), MARK.to_owned()).await.unwrap();
    let account = f.store.account_by_email("reviewer@north.example").await.unwrap();
    w.account = account.unwrap().id;
    let invited = w.invitation("invited@north.example");
    let deed = w.deed(AuditAction::InvitationMade);
    f.desk.invite(invited, INVITED.to_owned(), deed).await.unwrap();
    f.desk.create_service_account(w.service(), w.deed(AuditAction::ServiceAccountMade)).await.unwrap();
    f.desk.create_api_key(w.key(), "0".repeat(64), w.deed(AuditAction::ApiKeyMade)).await.unwrap();
    f.desk.put_role(w.role(), at, w.deed(AuditAction::RoleStored)).await.unwrap();
    f.desk.put_team(w.team(), w.deed(AuditAction::TeamStored)).await.unwrap();
    let deed = w.deed(AuditAction::TeamStored);
    assert!(f.desk.set_team_member(w.team().name, w.user, true, deed).await.unwrap());
    f.desk.begin_session(w.session(), w.deed(AuditAction::SessionOpened)).await.unwrap();
    let (document, chunks) = w.document();
    f.desk.put_document(document, chunks, w.actor()).await.unwrap();
    tickets::furnish(f, &mut w).await;
    run(f, &mut w).await;
    question(f, &w).await;
    f.desk.put_feedback(w.feedback()).await.unwrap();
    f.desk.be_present(w.ticket, w.user, Some(Doing::Viewing)).await.unwrap();
    let later = at.plus(Duration::from_secs(60));
    f.desk.claim_approval(w.approval, w.user, at, later).await.unwrap().unwrap();
    f.desk.set_mailed(w.user, Some(Mailed::All)).await.unwrap();
    assert_eq!(f.desk.begin_mails(vec![w.mail()]).await.unwrap(), vec![w.approval]);
    let delegate = (f.id(UserId::new), later);
    f.desk.delegate_approvals((w.user, MARK.to_owned()), Some(delegate), at).await.unwrap();
    assert!(f.desk.add_approval_view(w.view()).await.unwrap());
    f.desk.mark_indexed(COLLECTION, vec![(w.document, 1)]).await.unwrap();
    f.desk.put_knowledge_fact(KnowledgeFact::Library, MARK).await.unwrap();
    let (gap, question) = w.gap();
    f.desk.add_gap_question(gap, question).await.unwrap();
    f.desk.create_source(w.source()).await.unwrap();
    w.fence = f.desk.claim_source(w.source, later).await.unwrap().unwrap();
    assert!(f.desk.put_source_page(w.fence, w.page(), vec![(w.document, 1)]).await.unwrap());
    let deed = w.deed(AuditAction::PersonalDataScanned);
    f.desk.begin_scan(w.scan, BTreeSet::from([MARK.to_owned()]), deed).await.unwrap();
    let part = (ScanPlace::default(), ScanPlace { ticket: w.ticket.to_string(), version: 1 });
    assert!(f.desk.scan_read(w.scan, part, 1, vec![w.suggestion()], at).await.unwrap());
    assert!(f.desk.open_breaker(w.breaker("shop")).await.unwrap());
    let of = BreakerOf::Integration("mail".to_owned());
    assert!(f.desk.move_breaker(of, w.opens(), TERMS).await.unwrap().done);
    assert!(f.desk.put_policy(w.policy()).await.unwrap());
    assert!(f.desk.put_rung(w.rung(), w.deed(AuditAction::AutonomyChanged)).await.unwrap());
    f.desk.put_tool_registration(w.registration()).await.unwrap();
    f.desk.put_attachment(w.attachment()).await.unwrap();
    portal::furnish(f, &w).await;
    w.audited = f.desk.audit_heads().await.unwrap().0.digest.0;
    w
}

/// What a colleague asked and nobody answers yet.
async fn question(f: &Fixture, w: &World) {
    let wake_at = Some(w.at.plus(Duration::from_secs(99_999)));
    let new = NewRun { asked: Some(w.asked()), wake_at, ..f.new_run(None) };
    f.desk.commit(one(Op::EnsureRun(new))).await.unwrap();
}

/// A run on it that waits for a second decision, has an effect and credits set aside.
async fn run(f: &mut Fixture, w: &mut World) -> Run {
    let receipt = f.desk.commit(one(Op::EnsureRun(f.new_run(Some(w.ticket))))).await.unwrap();
    let run = receipt.runs[0].clone();
    w.run = run.id;
    let version = f.desk.ticket(w.ticket).await.unwrap().unwrap().customer_version;
    let mut approval = f.approval(&run, version);
    approval.quorum = 2;
    approval.why = MARK.to_owned();
    (w.approval, w.digest) = (approval.id, approval.digest.clone());
    let mut effect = f.effect(&run, "call-9");
    effect.summary = MARK.to_owned();
    w.effect = effect.id;
    let mut change = f.change(&run, RunTo::Running);
    let (step, told) = held_back(f, &run, 1, MARK);
    change.steps = vec![f.step(0), step];
    let decision = f.decision(&approval, DecisionKind::Approve);
    let ops = vec![
        Op::AddApproval(Box::new(approval)),
        Op::AddEffect(Box::new(effect)),
        w.reserve(),
        Op::Append { ticket_id: w.ticket, events: vec![told] },
        Op::Run(Box::new(change)),
    ];
    f.desk.commit(Commit { ops }).await.unwrap();
    f.desk.commit(one(decided(decision))).await.unwrap();
    w.paper = f.desk.paper_calls(w.ticket).await.unwrap()[0].id;
    f.put(&run, waiting()).await.unwrap();
    run
}
