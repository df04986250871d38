// Short names for the shapes the service speaks, all taken from its OpenAPI document.
import type { components } from "./schema.gen";

type S = components["schemas"];

export type Actor = S["Actor"];
export type ArgumentOrigin = S["ArgumentOrigin"];
export type OriginKind = S["OriginKind"];
export type AddSource = S["AddSource"];
export type AddedFile = S["AddedFile"];
export type AddedStatus = S["AddedStatus"];
export type Answered = S["Answered"];
export type Approval = S["Approval"];
export type ApprovalItem = S["ApprovalItem"];
export type ApprovalStatus = S["ApprovalStatus"];
export type AuditAction = S["AuditAction"];
export type AuditEntry = S["AuditEntry"];
export type Audience = S["Audience"];
export type Breaker = S["Breaker"];
export type BreakerOf = S["BreakerOf"];
export type Channel = S["Channel"];
export type Chunk = S["Chunk"];
export type Citation = S["Citation"];
export type Confidence = S["Confidence"];
export type Contact = S["Contact"];
export type ConversationItem = S["ConversationItem"];
export type ConversationMessage = S["ConversationMessage"];
export type Customer = S["Customer"];
export type Decision = S["Decision"];
export type DecisionKind = S["DecisionKind"];
export type Document = S["Document"];
export type DocumentItem = S["DocumentItem"];
export type Effect = S["Effect"];
export type Escalates = S["Escalates"];
export type Event = S["Event"];
export type EventBody = S["EventBody"];
export type FieldFinding = S["FieldFinding"];
export type FeedbackCounts = S["FeedbackCounts"];
export type GapCause = S["GapCause"];
export type GapStatus = S["GapStatus"];
export type GapView = S["GapView"];
export type Layer = S["Layer"];
export type MadeOf = S["MadeOf"];
export type Message = S["Message"];
export type Outcome = S["Outcome"];
export type PageStatus = S["PageStatus"];
export type Passage = S["Passage"];
export type PassageFeedback = S["PassageFeedback"];
export type PassageVerdict = S["PassageVerdict"];
export type PolicyDryRunItem = S["PolicyDryRunItem"];
export type PolicyFinding = S["PolicyFinding"];
export type PolicyReport = S["PolicyReport"];
export type PolicyView = S["PolicyView"];
export type Preview = S["Preview"];
export type Priority = S["Priority"];
export type Recalled = S["Recalled"];
export type Risk = S["Risk"];
export type Role = S["Role"];
export type Run = S["Run"];
export type RunStatus = S["RunStatus"];
export type Scan = S["Scan"];
export type SearchView = S["SearchView"];
export type SentCitation = S["SentCitation"];
export type SentenceCitation = S["SentenceCitation"];
export type SourcePageItem = S["SourcePageItem"];
export type SourceState = S["SourceState"];
export type SourceView = S["SourceView"];
export type Step = S["Step"];
export type StreamItem = S["StreamItem"];
export type Suggestion = S["Suggestion"];
export type SuggestionDecision = S["SuggestionDecision"];
export type SyncReport = S["SyncReport"];
export type Thresholds = S["Thresholds"];
export type TextFinding = S["TextFinding"];
export type Ticket = S["Ticket"];
export type TicketStatus = S["TicketStatus"];
export type ToolSource = S["ToolSource"];
export type ToolSpec = S["ToolSpec"];
export type ToolView = S["ToolView"];
export type User = S["User"];
export type VersionItem = S["VersionItem"];
export type Visibility = S["Visibility"];

const LADDER: Role[] = ["viewer", "agent", "reviewer", "admin", "owner"];

/** Whether `role` may do what needs `needed`: each role may do what those before it may. */
export function mayActAs(role: Role | undefined, needed: Role): boolean {
  return role !== undefined && LADDER.indexOf(role) >= LADDER.indexOf(needed);
}
