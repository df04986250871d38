// Short messages about what just happened; read out politely by screen readers.
import { Toast } from "@base-ui/react/toast";

const toasts = Toast.createToastManager();

export function tell(
  title: string,
  type: "info" | "good" | "error" = "info",
  description?: string,
) {
  toasts.add({ title, description, type, timeout: type === "error" ? 9000 : 5000 });
}

function List() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast">
      <div className="grow">
        <Toast.Title className="toast-title" />
        <Toast.Description className="muted small" />
      </div>
      <Toast.Close className="button" data-tone="quiet" data-size="small" aria-label="Dismiss">
        ✕
      </Toast.Close>
    </Toast.Root>
  ));
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
