import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api, send } from "../api/client";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { useTitle } from "../parts/title";
import "./session.css";

export function SignInPage() {
  useTitle("Sign in");
  const client = useQueryClient();
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string }) =>
      send(api.POST("/v1/session", { body })),
    onSuccess: async () => {
      client.clear();
      await navigate({ to: next ?? "/", replace: true });
    },
  });

  return (
    <main className="sign-in">
      <form
        className="card sign-in-card"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          signIn.mutate({
            email: String(form.get("email") ?? "").trim(),
            password: String(form.get("password") ?? ""),
          });
        }}
      >
        <div className="sign-in-head">
          <img src="/favicon.svg" alt="" width="36" height="36" />
          <h1>Sign in to Countersign</h1>
        </div>
        {signIn.isError && <Failure error={signIn.error} />}
        <label className="field">
          <span className="field-label">Email</span>
          <input
            className="input"
            name="email"
            type="email"
            autoComplete="username"
            required
            // biome-ignore lint/a11y/noAutofocus: the page has one purpose
            autoFocus
          />
        </label>
        <label className="field">
          <span className="field-label">Password</span>
          <input
            className="input"
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        </label>
        <Button type="submit" tone="primary" busy={signIn.isPending}>
          {signIn.isPending ? "Signing in…" : "Sign in"}
        </Button>
        <p className="muted small">
          On the demo workspace, the service prints its accounts when it starts.
        </p>
      </form>
    </main>
  );
}
