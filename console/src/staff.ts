// The pages that staff work in all day as one module: none of them should wait for a download. Those that are
// set up now and then are in `office.ts`; the customer's pages load neither.
export { ApprovalsPage, NoApproval } from "./approvals/ApprovalsPage";
export { ApprovalView } from "./approvals/ApprovalView";
export { CustomerPage } from "./customers/CustomerPage";
export { CustomersPage } from "./customers/CustomersPage";
export { HomePage } from "./home/HomePage";
export { CompareRunsPage } from "./runs/CompareRunsPage";
export { RunPage } from "./runs/RunPage";
export { RunsPage } from "./runs/RunsPage";
export { Shell } from "./shell/Shell";
export { TicketPage } from "./tickets/TicketPage";
export { TicketsPage } from "./tickets/TicketsPage";
