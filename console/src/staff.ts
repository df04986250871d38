// All pages of staff as one module: who visits one visits the others, and none should wait for a
// download. The customer's chat page loads none of this.
export { AgentsPage } from "./agents/AgentsPage";
export { ApprovalsPage, NoApproval } from "./approvals/ApprovalsPage";
export { ApprovalView } from "./approvals/ApprovalView";
export { HomePage } from "./home/HomePage";
export { DocumentPage } from "./knowledge/DocumentPage";
export { DocumentsPage } from "./knowledge/DocumentsPage";
export { GapsPage } from "./knowledge/GapsPage";
export { KnowledgeFrame } from "./knowledge/KnowledgeFrame";
export { RecallPage } from "./knowledge/RecallPage";
export { SearchPage } from "./knowledge/SearchPage";
export { SourcesPage } from "./knowledge/SourcesPage";
export { TemplatesPage } from "./knowledge/TemplatesPage";
export { PolicyPage } from "./policy/PolicyPage";
export { RunPage } from "./runs/RunPage";
export { RunsPage } from "./runs/RunsPage";
export { AuditPage } from "./safety/AuditPage";
export { BreakersPage } from "./safety/BreakersPage";
export { LimitsPage } from "./safety/LimitsPage";
export { PersonalDataPage } from "./safety/PersonalDataPage";
export { SafetyFrame } from "./safety/SafetyFrame";
export { Shell } from "./shell/Shell";
export { TicketPage } from "./tickets/TicketPage";
export { TicketsPage } from "./tickets/TicketsPage";
export { ToolsPage } from "./tools/ToolsPage";
