// The pages that staff visit now and then: knowledge, policy, safety, settings.

export { AgentsPage } from "./agents/AgentsPage";
export { DocumentPage } from "./knowledge/DocumentPage";
export { DocumentsPage } from "./knowledge/DocumentsPage";
export { GapsPage } from "./knowledge/GapsPage";
export { KnowledgeFrame } from "./knowledge/KnowledgeFrame";
export { RecallPage } from "./knowledge/RecallPage";
export { SearchPage } from "./knowledge/SearchPage";
export { SourcesPage } from "./knowledge/SourcesPage";
export { TemplatesPage } from "./knowledge/TemplatesPage";
export { PolicyPage } from "./policy/PolicyPage";
export { ReviewingPage } from "./review/ReviewingPage";
export { AuditPage } from "./safety/AuditPage";
export { BreakersPage } from "./safety/BreakersPage";
export { LimitsPage } from "./safety/LimitsPage";
export { PersonalDataPage } from "./safety/PersonalDataPage";
export { SafetyFrame } from "./safety/SafetyFrame";
export { AccountPage } from "./settings/AccountPage";
export { ApiKeysPage } from "./settings/ApiKeysPage";
export { ChannelsPage } from "./settings/ChannelsPage";
export { ModelsPage } from "./settings/ModelsPage";
export { PeoplePage } from "./settings/PeoplePage";
export { RolesPage } from "./settings/RolesPage";
export { SettingsFrame } from "./settings/SettingsFrame";
export { TeamsPage } from "./settings/TeamsPage";
export { ToolsPage } from "./tools/ToolsPage";
