//! Every method of a workspace's handle, called with ids that are another's. Reads come first, while the
//! caller has nothing of its own.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    Timestamp,
    approval::{ApprovalStatus, Decision, DecisionKind},
    audit::AuditAction,
    breaker::BreakerOf,
    canonical::Digest,
    commit::{Commit, DeliveryStatus, EffectChange, NewRun, Op, RunChange, RunTo},
    credit::Spent,
    effect::EffectStatus,
    gap::GapStatus,
    model::Usage,
    personal_data::{RedactedValue, ScanPlace, ScanStatus},
    ports::Desk as _,
    presence::Doing,
    run::{Outcome, OutcomeKind},
    source::{Removing, SourceKind, SyncReport},
    tending::Tending,
    ticket::EventBody,
    user::{Actor, Role},
};
use futures::{FutureExt as _, future::BoxFuture};
use store::{
    ApprovalFilter, Assigned, AuditFilter, Became, ChannelChange, KnowledgeFact, PersonChange, Redaction,
    Resolved, ResultFilter, Reviewed, RunFilter, TicketFilter, Tracks, WorkspaceStore,
};

use super::world::{ADDRESS, COLLECTION, EMAIL, INVITED, MAIL, SLUG, TERMS, World};
use super::{
    MARK,
    portal::CUSTOMER_LINK,
    reviewed::{ALWAYS, ON},
};

pub type Call = fn(WorkspaceStore, World) -> BoxFuture<'static, String>;

macro_rules! calls {
    ($desk:ident, $w:ident; $($name:literal => $answer:expr,)+) => {
        vec![$(($name, (|$desk: WorkspaceStore, $w: World| {
            async move {
                let answer = $answer;
                // What a call was given by name alone is of use in some only.
                drop($w);
                format!("{answer:?}")
            }
            .boxed()
        }) as Call)),+]
    };
}

fn whose(assigned: Assigned) -> TicketFilter {
    TicketFilter { assigned: Some(assigned), ..TicketFilter::default() }
}

pub fn all() -> Vec<(&'static str, Call)> {
    let mut all = reads();
    all.extend(writes());
    all
}

fn reads() -> Vec<(&'static str, Call)> {
    calls! { desk, w;
        "ticket" => desk.ticket(w.ticket).await,
        "ticket_by_number" => desk.ticket_by_number(1).await,
        "tickets_by_id" => desk.tickets_by_id(&[w.ticket]).await,
        "tickets" => (
            desk.tickets(&TicketFilter::default(), 10, None).await,
            desk.tickets(&TicketFilter { customer_id: Some(w.customer), ..Default::default() }, 10, None).await,
            desk.tickets(&TicketFilter { mentioned: Some(w.user), ..Default::default() }, 10, None).await,
            desk.tickets(&whose(Assigned::To(vec![w.user])), 10, None).await,
            desk.tickets(&whose(Assigned::Nobody), 10, None).await,
            desk.tickets(&TicketFilter { text: Some("a".to_owned()), ..Default::default() }, 10, None).await,
        ),
        "mentions_of" => desk.mentions_of(w.user, 10).await,
        "unseen_mentions" => desk.unseen_mentions(w.user).await,
        "tickets_of_customer" => desk.tickets_of_customer(w.customer, None, 10).await,
        "messages" => desk.messages(w.ticket, None).await,
        "messages_with_versions" => desk.messages_with_versions(w.ticket, None).await,
        "message" => desk.message(w.message).await,
        "events" => desk.events(w.ticket, 0, 10).await,
        "event" => desk.event(w.ticket, w.event).await,
        "events_after" => desk.events_after(0, 10).await,
        "last_position" => desk.last_position().await,
        "due_follow_ups" => desk.due_follow_ups(w.at.plus(Duration::from_secs(9)), 10).await,
        "attachment" => desk.attachment(w.attachment).await,
        "verify_tickets" => desk.verify_tickets().await,
        "names_of" => desk.names_of(&[w.ticket]).await,
        "askers" => desk.askers(&[w.ticket]).await,
        "tickets_of_contact" => (
            desk.tickets_of_contact(w.contact, None, 10, None).await,
            desk.tickets_of_contact(w.contact, Some(w.customer), 10, None).await,
        ),
        "contact_of_link" => desk.contact_of_link(CUSTOMER_LINK, w.at).await,
        "customer_session" => desk.customer_session(w.customer_session, w.at).await,
        "evaluations" => desk.evaluations(10).await,
        "evaluation" => desk.evaluation(w.evaluation).await,
        "evaluation_results" => {
            desk.evaluation_results(w.evaluation, ResultFilter::default(), (-1, 10)).await
        },
        "evaluation_result" => desk.evaluation_result(w.evaluation, 0).await,
        "decided_cases" => desk.decided_cases(10, None).await,
        "case_of_approval" => desk.case_of_approval(w.approval).await,
        "channel_settings" => desk.channel_settings().await,
        "customer" => desk.customer(w.customer).await,
        "customers" => (desk.customers(None, 10, None).await, desk.customers(Some("a"), 10, None).await),
        "contact" => desk.contact(w.contact).await,
        "people" => desk.people(Some(w.customer), Some(w.contact)).await,
        "people_by_email" => desk.people_by_email(EMAIL).await,
        "customer_and_contacts" => desk.customer_and_contacts(w.customer).await,
        "Desk::customer" => desk.store().customer(desk.id(), w.customer).await,
        "Desk::history" => desk.store().history(desk.id(), w.customer, None, 10).await,
        "present" => desk.present(w.ticket, domain::UserId(w.ticket.0)).await,
        "run" => desk.run(w.run).await,
        "runs" => (
            desk.runs(&RunFilter::default(), 10, None).await,
            desk.runs(&RunFilter { ticket_id: Some(w.ticket), ..Default::default() }, 10, None).await,
            desk.runs(&RunFilter { outcome: Some(OutcomeKind::Answered), ..Default::default() }, 10, None).await,
            desk.runs(&RunFilter { asked_by: Some(w.user), ..Default::default() }, 10, None).await,
        ),
        "threads" => desk.threads(w.user, 10, None).await,
        "questions" => desk.questions(w.user, w.thread).await,
        "question" => desk.question(w.user, w.thread, 0).await,
        "question_by_key" => desk.question_by_key(w.user, "aurora").await,
        "question_under_way" => desk.question_under_way(w.user).await,
        "active_run" => desk.active_run(w.ticket).await,
        "steps" => desk.steps(w.run).await,
        "effect" => desk.effect(w.effect).await,
        "effects_of_run" => desk.effects_of_run(w.run).await,
        "effects" => desk.effects(None, 10, None).await,
        "around_run" => desk.around_run(w.run, Some(w.ticket), 0).await,
        "around_approval" => desk.around_approval(w.approval, Some(w.ticket)).await,
        "run_redacted_at" => desk.run_redacted_at(w.run).await,
        "approval" => desk.approval(w.approval).await,
        "approvals" => desk.approvals(&ApprovalFilter::default(), 10, None).await,
        "approvals_of_run" => desk.approvals_of_run(w.run).await,
        "count_approvals" => desk.count_approvals(&ApprovalFilter::default(), 10).await,
        "decided_about" => desk.decided_about("shop__refund", 10).await,
        "approval_claims" => desk.approval_claims(w.at).await,
        "approval_delegations" => desk.approval_delegations(w.at).await,
        "exercise_settings" => desk.exercise_settings().await,
        "exercise_sources" => desk.exercise_sources(w.user, domain::Timestamp(0), 10).await,
        "open_exercise" => desk.open_exercise(w.user, w.at).await,
        "exercise" => desk.exercise(w.exercise().id, w.user).await,
        "track_record" => (
            desk.track_record(&Tracks::default()).await,
            desk.track_record(&Tracks { of: Some((String::new(), "shop__refund".to_owned())), ..Tracks::default() }).await,
        ),
        "paper_calls" => desk.paper_calls(w.ticket).await,
        "paper_call" => desk.paper_call(w.ticket, w.paper).await,
        "rungs" => desk.rungs().await,
        "left_rungs" => desk.left_rungs().await,
        "resolutions" => {
            let last = Resolved {
                ticket_id: w.ticket,
                number: 1,
                version: 1,
                agent: "resolution".to_owned(),
                at: Timestamp(0),
                became: Became::Assumed,
            };
            desk.resolutions((Timestamp(0), Timestamp(i64::MAX)), Some(&last), 10).await
        },
        "attended" => desk.attended(ALWAYS).await,
        "decided" => desk.decided(Reviewed { user: Some(w.user), ..ALWAYS }).await,
        "decided_in_pairs" => desk.decided_in_pairs(ALWAYS).await,
        "exercised" => desk.exercised(ALWAYS).await,
        "mailed" => desk.mailed(w.user).await,
        "mailed_people" => desk.mailed_people().await,
        "approvals_to_mail" => {
            let standing = domain::standing::Standing::built_in(w.user, Role::Owner);
            let to = store::ToMail { standing, now: w.at, asked_before: w.at, pressing: None };
            desk.approvals_to_mail(&to, 10).await
        },
        "mails_since" => desk.mails_since(w.user, domain::Timestamp(0)).await,
        "mail_of_link" => desk.mail_of_link(&"a".repeat(64)).await,
        "approval_views" => desk.approval_views(Some(w.user)).await,
        "approval_view" => desk.approval_view(w.view).await,
        "expired_approvals" => desk.expired_approvals(w.at.plus(Duration::from_secs(99_999)), 10).await,
        "due_approvals" => desk.due_approvals(w.at.plus(Duration::from_secs(99_999)), 10).await,
        "decisions" => desk.decisions(w.approval).await,
        "pending_count" => desk.pending_count().await,
        "counts" => desk.counts().await,
        "desk_now" => desk.desk_now().await,
        "agent_figures" => desk.agent_figures(w.at, 30).await,
        "desk_days" => desk.desk_days(w.at, 30).await,
        "audit_entries" => desk.audit_entries(&AuditFilter::default(), None, 10).await,
        "audit_after" => desk.audit_after(0, 10).await,
        "audit_heads" => desk.audit_heads().await,
        "verify_audit" => desk.verify_audit().await,
        "has_audit_digest" => desk.has_audit_digest(&w.audited).await,
        "automatic_breakers" => desk.automatic_breakers().await,
        "breakers" => desk.breakers().await,
        "failed_runs" => {
            let of = BreakerOf::Agent("resolution".to_owned());
            desk.failed_runs(&of, "resolution", domain::Timestamp(0)).await
        },
        "uses_of" => desk.uses_of(w.document, 10, None).await,
        "outdated_citations" => desk.outdated_citations(10, None).await,
        "citation" => desk.citation(w.citation).await,
        "feedback_counts" => desk.feedback_counts(w.document).await,
        "flagged_passages" => desk.flagged_passages(10).await,
        "chunk" => desk.chunk(w.chunk).await,
        "meters" => desk.meters(w.at).await,
        "credit_entries" => desk.credit_entries(Some(w.run), 10, None).await,
        "verify_credits" => desk.verify_credits().await,
        "documents" => desk.documents(10, None).await,
        "templates" => desk.templates().await,
        "document" => desk.document(w.document).await,
        "document_by_slug" => desk.document_by_slug(SLUG).await,
        "chunks" => desk.chunks(&w.document().0).await,
        "document_of_chunk" => desk.document_of_chunk(w.chunk).await,
        "documents_stamp" => desk.documents_stamp().await,
        "document_heads" => desk.document_heads().await,
        "documents_with_chunks" => desk.documents_with_chunks(&[w.document]).await,
        "all_chunks" => desk.all_chunks().await,
        "customers_with_documents" => desk.customers_with_documents().await,
        "document_versions" => desk.document_versions(w.document).await,
        "document_version" => desk.document_version(w.document, 1).await,
        "gaps" => desk.gaps(GapStatus::Open, 10, None).await,
        "gap" => desk.gap(w.gap).await,
        "gap_questions" => desk.gap_questions(w.gap, 10).await,
        "began_in" => desk.began_in(&[w.gap]).await,
        "index_marks" => desk.index_marks(COLLECTION).await,
        "knowledge_fact" => desk.knowledge_fact(KnowledgeFact::Library).await,
        "due_deliveries" => desk.due_deliveries(10).await,
        "deliveries" => desk.deliveries(None, 10, None).await,
        "delivery" => desk.delivery(w.delivery).await,
        "ticket_of_email" => desk.ticket_of_email(&[MAIL.to_owned(), format!("{}@desk", w.message)]).await,
        "scan" => desk.scan(w.scan).await,
        "scan_and_place" => desk.scan_and_place(w.scan).await,
        "scans" => desk.scans(10, None).await,
        "messages_behind" => desk.messages_behind(&ScanPlace::default(), 10).await,
        "suggestions" => desk.suggestions(None, 10, None).await,
        "suggestion" => desk.suggestion(w.suggestion).await,
        "policy" => desk.policy().await,
        "policy_version" => desk.policy_version(1).await,
        "policy_versions" => desk.policy_versions(None, 10).await,
        "session" => desk.session(w.session, w.at).await,
        "sources" => desk.sources(10, None).await,
        "source" => desk.source(w.source).await,
        "source_at" => desk.source_at(SourceKind::Url, ADDRESS).await,
        "idle_sources" => desk.idle_sources(Some(w.at.plus(Duration::from_secs(99_999)))).await,
        "source_pages" => desk.source_pages(w.source, None, 10, None).await,
        "all_source_pages" => desk.all_source_pages(w.source).await,
        "source_page_counts" => desk.source_page_counts(w.source).await,
        "documents_of_page" => desk.documents_of_page(w.page).await,
        "named_documents_of_page" => desk.named_documents_of_page(w.page, 10).await,
        "page_of_slug" => desk.page_of_slug(SLUG).await,
        "tool_registrations" => desk.tool_registrations().await,
        "workspace" => desk.workspace().await.map(|workspace| workspace.map(|workspace| workspace.created_at)),
        "users" => desk.users().await,
        "invitations" => desk.invitations().await,
        "user" => desk.user(w.user).await,
        "api_keys" => desk.api_keys(10, None).await,
        "api_key" => desk.api_key(w.key).await,
        "service_accounts" => desk.service_accounts(10, None).await,
        "service_account" => desk.service_account(w.service).await,
        "colleagues" => desk.colleagues(10, None).await,
        "own_roles" => desk.own_roles().await,
        "permissions_of" => desk.permissions_of(&Role::Custom(w.role().name)).await,
        "standings" => desk.standings().await,
        "standing" => {
            let standing = desk.standing(&w.user("somebody@example.com")).await;
            standing.map(|standing| (standing.teams, standing.answers_for))
        },
        "teams" => desk.teams(None, 10).await,
        "team" => desk.team(&w.team().name).await,
        "team_members" => desk.team_members(&w.team().name).await,
        "teams_of" => desk.teams_of(w.user).await,
    }
}

fn writes() -> Vec<(&'static str, Call)> {
    calls! { desk, w;
        "be_present" => (
            desk.be_present(w.ticket, w.user, Some(Doing::Writing)).await.is_ok(),
            desk.be_present(w.ticket, w.user, None).await,
        ),
        "commit" => {
            let mut answers = Vec::new();
            for op in ops(&w) {
                answers.push(desk.commit(Commit { ops: vec![op] }).await.map(|receipt| receipt.warnings));
            }
            answers
        },
        "keep_case" => desk.keep_case(w.decided_case(), 10, w.deed(AuditAction::EvaluationCaseMade)).await.is_ok(),
        "remove_case" => desk.remove_case(w.case, w.deed(AuditAction::EvaluationCaseRemoved)).await,
        "publish_evaluation" => {
            let deed = w.deed(AuditAction::EvaluationPublished);
            desk.publish_evaluation(w.published(), w.evaluation, deed).await.map(|kept| kept.since)
        },
        "mark_follow_up_fired" => desk.mark_follow_up_fired(w.ticket, w.follow_up).await,
        "mark_followed_up" => desk.mark_followed_up(w.citation, w.at).await,
        "put_attachment" => desk.put_attachment(w.attachment()).await,
        "end_session" => desk.end_session(w.session, w.deed(AuditAction::SessionClosed)).await,
        "see_session" => {
            let later = w.at.plus(Duration::from_secs(9));
            desk.see_session(w.session, w.tag.to_owned(), later, later).await
        },
        "strengthen_session" => desk.strengthen_session(w.session).await,
        "switch_session" => {
            let deeds = (w.deed(AuditAction::SessionSwitched), w.deed(AuditAction::SessionSwitched));
            desk.switch_session(w.session, desk.id(), w.user, deeds).await
        },
        "revoke_invitation" => {
            desk.revoke_invitation(w.invitation, w.deed(AuditAction::InvitationRevoked)).await
        },
        "accept_invitation" => {
            desk.accept_invitation(INVITED.to_owned(), w.joining("accepts@example.com")).await
        },
        "add_contact" => {
            let (_, contact) = w.customer();
            desk.add_contact(contact, w.deed(AuditAction::ContactAdded)).await
        },
        "offer_customer_link" => {
            let (digest, later) = (desk.id().to_string(), w.at.plus(Duration::from_secs(9)));
            desk.offer_customer_link(w.contact, digest, w.at, later).await
        },
        "begin_customer_session" => {
            let deed = w.deed(AuditAction::CustomerSignedIn);
            desk.begin_customer_session(CUSTOMER_LINK.to_owned(), w.customer_session(), deed).await
        },
        "see_customer_session" => {
            let later = w.at.plus(Duration::from_secs(9));
            desk.see_customer_session(w.customer_session, later, later).await
        },
        "end_customer_session" => {
            desk.end_customer_session(w.customer_session, w.deed(AuditAction::CustomerSignedOut)).await
        },
        "change_channel_settings" => {
            let change = ChannelChange::CompanyTickets(true);
            desk.change_channel_settings(change, w.deed(AuditAction::ChannelsChanged)).await
        },
        "begin_session" => desk.begin_session(w.session(), w.deed(AuditAction::SessionOpened)).await.is_err(),
        "close_breaker" => {
            let of = BreakerOf::Integration("shop".to_owned());
            desk.close_breaker(of, w.actor(), w.tag.to_owned()).await
        },
        "open_breaker" => desk.open_breaker(w.breaker("shop")).await,
        "move_breaker" => desk.move_breaker(BreakerOf::Integration("mail".to_owned()), w.opens(), TERMS).await,
        "remove_document" => desk.remove_document(w.document).await,
        "put_document" => {
            let (document, chunks) = w.document();
            desk.put_document(document, chunks, w.actor()).await
        },
        "put_documents" => desk.put_documents(vec![w.document()], w.actor()).await.is_err(),
        "see_mentions" => desk.see_mentions(w.user, w.ticket).await,
        "claim_approval" => {
            let later = w.at.plus(Duration::from_secs(9));
            desk.claim_approval(w.approval, w.user, w.at, later).await.is_ok()
        },
        "tend_exercise" => desk.tend_exercise(w.exercise()).await,
        "end_exercise" => desk.end_exercise(w.exercise().id, (w.user, w.tag.to_owned()), w.ended()).await,
        "forget_attention" => desk.forget_attention(w.approval, w.user).await,
        "note_attention" => desk.note_attention(w.approval, (w.user, w.at), w.attended()).await,
        "set_exercise_settings" => desk.set_exercise_settings(ON, w.actor(), w.at).await,
        "begin_exercise" => desk.begin_exercise(w.exercise(), w.at).await.is_err(),
        "set_mailed" => (
            desk.set_mailed(w.user, Some(domain::approval_mail::Mailed::All)).await.is_ok(),
            desk.set_mailed(w.user, None).await,
        ),
        "begin_mails" => desk.begin_mails(vec![w.mail()]).await.is_ok(),
        "end_mails" => desk.end_mails(w.user, vec![w.approval], None).await,
        "release_approval" => desk.release_approval(w.approval, w.user).await,
        "delegate_approvals" => desk.delegate_approvals((w.user, w.tag.to_owned()), None, w.at).await,
        "remove_approval_view" => desk.remove_approval_view(w.view).await,
        "add_approval_view" => desk.add_approval_view(w.view()).await,
        "put_feedback" => desk.put_feedback(w.feedback()).await,
        "dismiss_gap" => desk.dismiss_gap(w.gap).await,
        "draft_gap" => desk.draft_gap(w.gap, w.tag.to_owned()).await,
        "join_gap" => desk.join_gap(w.gap().1, |terms| terms).await,
        "add_gap_question" => {
            let (gap, question) = w.gap();
            desk.add_gap_question(gap, question).await
        },
        "unmark_indexed" => desk.unmark_indexed(COLLECTION, w.document).await,
        "forget_collection" => desk.forget_collection(COLLECTION).await,
        "mark_indexed" => desk.mark_indexed(COLLECTION, vec![(w.document, 2)]).await,
        "put_knowledge_fact" => desk.put_knowledge_fact(KnowledgeFact::Library, w.tag).await,
        "end_scan" => desk.end_scan(w.scan, ScanStatus::Stopped, None, w.at).await,
        "scan_read" => {
            let part = (ScanPlace { ticket: w.ticket.to_string(), version: 1 }, ScanPlace::default());
            desk.scan_read(w.scan, part, 1, Vec::new(), w.at).await
        },
        "keep_suggestion" => desk.keep_suggestion(w.suggestion, w.deed(AuditAction::PersonalDataKept)).await,
        "redact" => {
            let values = vec![RedactedValue { value: "aurora".to_owned(), replacement: "x".to_owned() }];
            let redaction = Redaction {
                suggestion: w.suggestion,
                ticket: w.ticket,
                message: w.message,
                text: Digest::of("aurora"),
                values,
                kinds: BTreeSet::from(["email".to_owned()]),
                deed: w.deed(AuditAction::PersonalDataRedacted),
            };
            // The deed's words are the caller's own.
            format!("{:?}", desk.redact(redaction).await).replace("aurora", "…")
        },
        "begin_scan" => {
            let deed = w.deed(AuditAction::PersonalDataScanned);
            desk.begin_scan(w.scan, BTreeSet::new(), deed).await.map(|scan| scan.messages)
        },
        "forget_thread" => desk.forget_thread(w.user, w.thread).await,
        "put_policy" => desk.put_policy(w.policy()).await,
        "put_rung" => desk.put_rung(w.rung(), w.deed(AuditAction::AutonomyChanged)).await,
        "remove_rung" => {
            let of = (String::new(), MARK.to_owned());
            desk.remove_rung(of, 1, MARK.to_owned(), w.deed(AuditAction::AutonomyLowered)).await
        },
        "ask_for_sync" => desk.ask_for_sync(w.source).await,
        "claim_source" => desk.claim_source(w.source, w.at).await,
        "beat_source" => desk.beat_source((w.source, w.fence), w.at, &SyncReport::default()).await,
        "settle_source" => desk.settle_source((w.source, w.fence), w.at, &SyncReport::default()).await,
        "release_source" => desk.release_source((w.source, w.fence)).await,
        "begin_source_removal" => desk.begin_source_removal(w.source, Removing::WithDocuments).await,
        "put_source_page" => desk.put_source_page(w.fence, w.page(), vec![(w.document, 1)]).await,
        "remove_source_page" => desk.remove_source_page((w.source, w.fence), w.page).await,
        "remove_source" => desk.remove_source(w.source).await,
        "create_source" => desk.create_source(w.source()).await,
        "put_tool_registration" => desk.put_tool_registration(w.registration()).await,
        "create_customer" => {
            let (customer, contact) = w.customer();
            desk.create_customer(customer, contact).await
        },
        "create_user" => {
            let email = format!("{}@example.com", desk.id());
            desk.create_user(w.user(&email), String::new()).await
        },
        "invite" => {
            let invited = w.invitation("invited@north.example");
            desk.invite(invited, desk.id().to_string(), w.deed(AuditAction::InvitationMade)).await
        },
        "join" => {
            let email = format!("joins-{}@example.com", desk.id());
            desk.join(w.user(&email), w.deed(AuditAction::InvitationAccepted)).await.map_err(|e| e.to_string())
        },
        "change_person" => {
            let change = PersonChange { title: Some("other".to_owned()), ..PersonChange::default() };
            let out = PersonChange { active: Some(false), ..PersonChange::default() };
            (
                desk.change_person(w.user, change, (w.actor(), w.at)).await,
                desk.change_person(w.user, out, (w.actor(), w.at)).await,
            )
        },
        "revoke_api_key" => desk.revoke_api_key(w.key, w.deed(AuditAction::ApiKeyRevoked)).await,
        "api_key_used" => desk.api_key_used(w.key, w.at).await,
        "deactivate_service_account" => {
            desk.deactivate_service_account(w.service, w.deed(AuditAction::ServiceAccountDeactivated)).await
        },
        "remove_role" => desk.remove_role(w.role().name, w.deed(AuditAction::RoleRemoved)).await,
        "put_role" => desk.put_role(w.role(), w.at, w.deed(AuditAction::RoleStored)).await,
        "set_team_member" => {
            let deed = w.deed(AuditAction::TeamStored);
            desk.set_team_member(w.team().name, w.user, false, deed).await
        },
        "remove_team" => desk.remove_team(w.team().name, w.deed(AuditAction::TeamRemoved)).await,
        "put_team" => desk.put_team(w.team(), w.deed(AuditAction::TeamStored)).await,
        "create_service_account" => {
            desk.create_service_account(w.service(), w.deed(AuditAction::ServiceAccountMade)).await
        },
        "create_api_key" => {
            desk.create_api_key(w.key(), desk.id().to_string(), w.deed(AuditAction::ApiKeyMade)).await
        },
        "audit" => desk.audit(w.deed(AuditAction::AuditExported)).await,
        "prune_audit" => desk.prune_audit(w.at.plus(Duration::from_secs(9)), Actor::System).await.is_ok(),
    }
}

/// What a commit may hold about things that are there already.
fn ops(w: &World) -> Vec<Op> {
    let at = w.at;
    let new =
        |body| domain::ticket::NewEvent { id: w.event, idempotency_key: None, actor: w.actor(), body, at };
    let run = |to| {
        Op::Run(Box::new(RunChange {
            run_id: w.run,
            fence: 1,
            expect_signals: None,
            steps: Vec::new(),
            usage: Usage::default(),
            seen_signals: None,
            seen_version: None,
            to,
            at,
        }))
    };
    let ended = Outcome::Nothing { reason: w.tag.to_owned() };
    vec![
        Op::Append { ticket_id: w.ticket, events: vec![new(EventBody::escalated(w.tag, ""))] },
        Op::Append { ticket_id: w.ticket, events: vec![new(w.compared())] },
        Op::EnsureRun(NewRun {
            id: w.run,
            ticket_id: Some(w.ticket),
            about: None,
            asked: None,
            errand: None,
            agent: "resolution".to_owned(),
            priority: 0,
            wake_at: None,
            at,
        }),
        run(RunTo::Running),
        run(RunTo::Done(ended)),
        Op::RetryRun { run_id: w.run, at },
        Op::StopRun { run_id: w.run, by: w.user, at },
        crate::fixture::decided(Decision {
            id: domain::DecisionId(w.approval.0),
            approval_id: w.approval,
            user_id: w.user,
            role: Role::Reviewer,
            digest: w.digest.clone(),
            kind: DecisionKind::Approve,
            at,
            undo_until: None,
            by_link: false,
        }),
        Op::TakeBack { approval_id: w.approval, by: w.user, at },
        Op::ActOn { approval_id: w.approval },
        Op::Tend {
            approval_id: w.approval,
            tending: Tending::Assign { to: None, note: String::new() },
            by: Some(w.user),
            at,
        },
        Op::EndApproval { approval_id: w.approval, status: ApprovalStatus::Superseded, at },
        Op::NudgeApproval { approval_id: w.approval, at },
        Op::ChangeEffect(Box::new(EffectChange {
            id: w.effect,
            status: EffectStatus::Succeeded,
            attempts: 2,
            next_attempt_at: None,
            output: None,
            summary: w.tag.to_owned(),
            error: None,
            at,
        })),
        Op::ChangeDelivery {
            id: w.delivery,
            from: DeliveryStatus::Pending,
            status: DeliveryStatus::Sending,
            error: None,
            at,
            next_attempt_at: None,
        },
        w.reserve(),
        Op::Settle { reservation_id: w.reservation, run_id: Some(w.run), spent: Spent::Unknown, at },
    ]
}
