// Files into the knowledge: chosen or dropped, what is said of all of them, and what became of each.
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { AddedFile, AddedStatus } from "../api/words";
import { Badge, type BadgeTone } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { filesOf } from "./dropped";
import { ForAll } from "./ForAll";
import {
  ACCEPTED,
  isUnderWay,
  type Said,
  tallied,
  type Upload,
  uploads,
  useUploads,
} from "./uploads";

const STATUS: Record<AddedStatus, [BadgeTone, MessageDescriptor]> = {
  added: ["green", msg`New`],
  changed: ["blue", msg`Changed`],
  unchanged: ["grey", msg`Unchanged`],
  rejected: ["red", msg`Refused`],
};

export function UploadDialog({ onClose }: { onClose: () => void }) {
  const list = useUploads();
  const [said, setSaid] = useState<Said>({});
  const [over, setOver] = useState(false);
  const chosen = list.filter((each) => each.state === "chosen").length;
  const underWay = isUnderWay(list);
  const ended = list.filter((each) => ["done", "refused", "failed"].includes(each.state));
  const close = () => {
    uploads.clear();
    onClose();
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (chosen > 0) uploads.start(said);
  };
  return (
    <Dialog open onClose={close} size="wide" title={t`Upload files`}>
      <form className="stack" onSubmit={send}>
        <label
          className="drop"
          data-over={over}
          onDragEnter={() => setOver(true)}
          onDragLeave={() => setOver(false)}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            event.stopPropagation();
            setOver(false);
            void filesOf(event.dataTransfer).then((files) => uploads.choose(files));
          }}
        >
          <strong>
            <Trans>Drop files or folders here, or choose them</Trans>
          </strong>
          <span className="muted small">
            <Trans>
              Markdown, text, HTML, PDF, Word (.docx), mail (.eml) or a CSV table of questions and
              answers; at most 20 MiB each. A file of the same name becomes the next version.
            </Trans>
          </span>
          <input
            type="file"
            multiple
            accept={ACCEPTED}
            aria-label={t`Files`}
            onChange={(event) => {
              uploads.choose(event.target.files ?? []);
              // The same file may be chosen again after it was changed.
              event.target.value = "";
            }}
          />
        </label>
        {list.length > 0 && <Files list={list} />}
        {(chosen > 0 || list.length === 0) && <ForAll of="files" said={said} onSay={setSaid} />}
        <div className="dialog-foot">
          <span className="grow muted small" role="status">
            {list.length > 0 &&
              t`${ended.length} of ${plural(list.length, { one: "# file", other: "# files" })} done`}
          </span>
          {underWay ? (
            <Button onClick={() => uploads.stop()}>
              <Trans>Stop</Trans>
            </Button>
          ) : (
            <Button onClick={close}>
              {ended.length > 0 && chosen === 0 ? t`Done` : t`Cancel`}
            </Button>
          )}
          <Button
            type="submit"
            tone="primary"
            disabled={chosen === 0}
            busy={underWay && chosen === 0}
          >
            {underWay && chosen === 0
              ? t`Uploading…`
              : chosen > 0
                ? t`Upload ${plural(chosen, { one: "# file", other: "# files" })}`
                : t`Upload`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Files({ list }: { list: readonly Upload[] }) {
  const done = list.filter((each) => !["chosen", "waiting", "reading"].includes(each.state)).length;
  const started = list.some((each) => each.state !== "chosen");
  return (
    <div className="stack-tight">
      {started && (
        <progress
          className="upload-progress"
          aria-label={t`Files done`}
          max={list.length}
          value={done}
        />
      )}
      <ul className="list upload-list" aria-label={t`Files`}>
        {list.map((upload) => (
          <FileRow key={upload.id} upload={upload} />
        ))}
      </ul>
    </div>
  );
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return t`${Math.round(bytes / 1024)} kB`;
  return t`${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function FileRow({ upload }: { upload: Upload }) {
  const { file, state, items, why } = upload;
  const single = items.length === 1 ? items[0] : undefined;
  const warnings = items.flatMap((item) => item.warnings);
  return (
    <li className="upload-file">
      <div className="row">
        <span className="grow upload-name">
          {single?.document_id ? (
            <Link to="/knowledge/documents/$id" params={{ id: single.document_id }}>
              {single.title ?? file.name}
            </Link>
          ) : (
            file.name
          )}{" "}
          <span className="muted small">
            {single?.document_id ? `${file.name}, ` : ""}
            {sizeOf(file.size)}
          </span>
        </span>
        <State upload={upload} />
        {state === "failed" && (
          <Button size="small" onClick={() => uploads.retry(upload.id)}>
            <Trans>Try again</Trans>
          </Button>
        )}
        {(state === "chosen" || state === "refused" || state === "failed") && (
          <Button
            size="small"
            tone="quiet"
            aria-label={t`Take ${file.name} off the list`}
            onClick={() => uploads.drop(upload.id)}
          >
            ✕
          </Button>
        )}
      </div>
      {why && <p className="field-error">{why}</p>}
      {single?.reason && <p className="field-error">{single.reason}</p>}
      {warnings.length > 0 && (
        <ul className="upload-warnings small">
          {warnings.map((warning) => (
            <li key={warning}>
              <Trans>Note: {warning}</Trans>
            </li>
          ))}
        </ul>
      )}
      {items.length > 1 && <Pairs items={items} />}
    </li>
  );
}

function State({ upload: { state, items } }: { upload: Upload }) {
  switch (state) {
    case "chosen":
      return (
        <span className="muted small">
          <Trans>Ready</Trans>
        </span>
      );
    case "waiting":
      return (
        <span className="muted small">
          <Trans>Waiting</Trans>
        </span>
      );
    case "reading":
      return (
        <span className="small upload-reading">
          <Trans>Reading…</Trans>
        </span>
      );
    case "refused":
      return (
        <Badge tone="red">
          <Trans>Refused</Trans>
        </Badge>
      );
    case "failed":
      return (
        <Badge tone="red">
          <Trans>Not added</Trans>
        </Badge>
      );
    case "done":
      return tallied(items).map(([status, n]) => (
        <Badge key={status} tone={STATUS[status][0]}>
          {items.length > 1 ? `${n} ${t(STATUS[status][1]).toLowerCase()}` : t(STATUS[status][1])}
        </Badge>
      ));
  }
}

/** Of a table, what became of each pair; the refused ones first. */
function Pairs({ items }: { items: AddedFile[] }) {
  const refused = items.filter((item) => item.status === "rejected");
  return (
    <details open={refused.length > 0}>
      <summary className="small muted">
        <Trans>
          <Plural value={items.length} one="# document" other="# documents" /> in it
        </Trans>
      </summary>
      <ul className="upload-pairs small">
        {[...refused, ...items.filter((item) => item.status !== "rejected")].map((item, at) => (
          <li key={`${item.slug ?? ""}-${at.toString()}`}>
            <Badge tone={STATUS[item.status][0]}>{t(STATUS[item.status][1])}</Badge>{" "}
            {item.document_id ? (
              <Link to="/knowledge/documents/$id" params={{ id: item.document_id }}>
                {item.title ?? item.slug}
              </Link>
            ) : (
              (item.title ?? item.slug ?? t`A row`)
            )}
            {item.reason && <span className="field-error"> {item.reason}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
