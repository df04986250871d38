import { expect, test } from "vitest";
import { deviceWords } from "./device";

test("a browser is called what people call it", () => {
  const chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
  expect(deviceWords(chrome)).toBe("Chrome on Linux");
  expect(deviceWords(`${chrome} Edg/140.0.0.0`)).toBe("Edge on Linux");
  const safari =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
  expect(deviceWords(safari)).toBe("Safari on iOS");
  expect(deviceWords("")).toBe("Unknown device");
  expect(deviceWords("a program of our own")).toBe("a program of our own");
});
