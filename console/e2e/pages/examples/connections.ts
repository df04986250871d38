// Providers of models and channels, as they are configured.
import { at, type S } from "./base";

export const providers: S["ProviderList"] = {
  items: [
    {
      name: "main",
      base_url: "https://models.example.com/v1",
      fast: "small-1",
      strong: "large-1",
      key: { kind: "variable", name: "MODELS_KEY" },
      timeout_ms: 30_000,
      max_retries: 3,
      rate: "500/minute",
      is_priced: true,
      breaker: {
        of: { kind: "provider", name: "main" },
        state: "open",
        reason: "failed 5 times in a row",
        last_error: "server_error",
        opened_at: at(4),
        changed_at: at(1),
        probe_at: at(-1),
        failed_probes: 1,
        passed_probes: 0,
      },
    },
    {
      name: "second",
      base_url: "http://127.0.0.1:11434/v1",
      fast: "local",
      strong: "local",
      key: { kind: "none" },
      timeout_ms: 60_000,
      max_retries: 1,
      rate: null,
      is_priced: false,
      breaker: null,
    },
  ],
  offline_fallback: true,
  embeddings: {
    model: "embed-small",
    base_url: "https://models.example.com/v1",
    key: { kind: "file" },
  },
};

export const channels = (email: Partial<S["EmailChannel"]> = {}): S["Channels"] => ({
  public_url: "https://desk.example.com",
  workspace: "northfold",
  chat: {
    sites: ["https://www.northfold.example"],
    own_sites: false,
    messages_per_minute: 20,
    conversations_per_minute: 10,
  },
  portal: { is_open: true, company_tickets: false },
  email: {
    address: "help@northfold.example",
    name: "Northfold",
    is_taken_here: true,
    smtp: {
      host: "smtp.example.com",
      port: 587,
      security: "starttls",
      signs_in: true,
      rate: "100/minute",
    },
    imap: {
      host: "imap.example.com",
      port: 993,
      security: "tls",
      folder: "INBOX",
      poll_seconds: 30,
      state: { polled_at: at(1), failed_at: null, error: null },
    },
    inbound: false,
    last_sent: at(12),
    waiting: null,
    failed: null,
    ...email,
  },
  api: { webhooks: ["https://hooks.example.com/services/"] },
});
