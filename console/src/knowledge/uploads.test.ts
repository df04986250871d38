import { describe, expect, it, vi } from "vitest";
import { Problem } from "../api/client";
import type { AddedFile } from "../api/words";
import { isUnderWay, tallied, Uploads } from "./uploads";

const file = (name: string, size = 10) => new File([new Uint8Array(size)], name);
const item = (name: string, over: Partial<AddedFile> = {}): AddedFile => ({
  file: name,
  status: "added",
  slug: name,
  document_id: "d",
  title: name,
  reason: null,
  warnings: [],
  ...over,
});
const settled = (uploads: Uploads) =>
  vi.waitFor(() => expect(isUnderWay(uploads.list())).toBe(false));

describe("uploads", () => {
  it("sends nothing before it is told to, and reports each file by itself", async () => {
    const send = vi.fn(async (files: File[]) => files.map((each) => item(each.name)));
    const added = vi.fn();
    const uploads = new Uploads(send, added);
    uploads.choose([file("a.md"), file("b.md")]);
    expect(send).not.toHaveBeenCalled();
    uploads.start({ visibility: "internal" });
    await settled(uploads);
    expect(uploads.list().map((each) => [each.file.name, each.state, each.items.length])).toEqual([
      ["a.md", "done", 1],
      ["b.md", "done", 1],
    ]);
    expect(send).toHaveBeenCalledTimes(2);
    expect(added).toHaveBeenCalledTimes(2);
  });

  it("refuses what is too large without sending it", async () => {
    const send = vi.fn(async () => []);
    const uploads = new Uploads(send, () => {});
    uploads.choose([file("film.pdf", 21 * 1024 * 1024)]);
    uploads.start({});
    expect(uploads.list()[0]).toMatchObject({ state: "refused" });
    expect(uploads.list()[0]?.why).toContain("21 MiB");
    expect(send).not.toHaveBeenCalled();
  });

  it("keeps the others going when one fails, and tries it again", async () => {
    let broken = true;
    const send = vi.fn(async (files: File[]) => {
      if (files[0]?.name === "b.md" && broken) throw new Problem(500, "Oops", "try again later");
      return files.map((each) => item(each.name));
    });
    const uploads = new Uploads(send, () => {});
    uploads.choose([file("a.md"), file("b.md"), file("c.md")]);
    uploads.start({});
    await settled(uploads);
    expect(uploads.list().map((each) => each.state)).toEqual(["done", "failed", "done"]);
    expect(uploads.list()[1]?.why).toBe("try again later");
    broken = false;
    uploads.retry(uploads.list()[1]?.id ?? 0);
    await settled(uploads);
    expect(uploads.list().map((each) => each.state)).toEqual(["done", "done", "done"]);
  });

  it("sends many files a few at a time, never two of one name together", async () => {
    const sizes: string[][] = [];
    const uploads = new Uploads(
      async (files) => {
        sizes.push(files.map((each) => each.name));
        return files.map((each) => item(each.name));
      },
      () => {},
    );
    uploads.choose([
      file("a.md"),
      ...Array.from({ length: 20 }, (_, n) => file(`${n}.md`)),
      file("a.md"),
    ]);
    uploads.start({});
    await settled(uploads);
    expect(uploads.list().every((each) => each.items.length === 1)).toBe(true);
    for (const names of sizes) expect(new Set(names).size).toBe(names.length);
    expect(sizes.length).toBeLessThan(16);
  });

  it("sends nothing more once it is stopped", async () => {
    let free: () => void = () => {};
    const send = vi.fn(
      (files: File[]) =>
        new Promise<AddedFile[]>((done) => {
          free = () => done(files.map((each) => item(each.name)));
        }),
    );
    const uploads = new Uploads(send, () => {});
    uploads.choose([file("a.md"), file("b.md"), file("c.md")]);
    uploads.start({});
    uploads.stop();
    expect(uploads.list()[2]).toMatchObject({ state: "failed", why: "You stopped it." });
    free();
    expect(send).toHaveBeenCalledTimes(2);
  });
});

it("counts what became of a table's pairs", () => {
  expect(tallied([item("a"), item("a", { status: "rejected" }), item("a")])).toEqual([
    ["added", 2],
    ["rejected", 1],
  ]);
});
