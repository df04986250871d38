// Passkeys: the service's questions and the browser's answers, which travel as JSON with bytes in base64url.
import { t } from "@lingui/core/macro";

function bytes(text: string): ArrayBuffer {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer | null | undefined): string | undefined {
  if (!buffer) return undefined;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

interface Described {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}

interface MakeQuestion
  extends Omit<
    PublicKeyCredentialCreationOptions,
    "challenge" | "user" | "excludeCredentials" | "extensions"
  > {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Described[];
}

interface AskQuestion
  extends Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials" | "extensions"> {
  challenge: string;
  allowCredentials?: Described[];
}

const described = (all: Described[] | undefined) =>
  all?.map((each) => ({ ...each, id: bytes(each.id) }));

/** Whether this browser has passkeys at all. */
export const passkeysHere = () => typeof PublicKeyCredential === "function";

/** Why there is none, in words; empty when the person changed their mind. */
export function passkeyTrouble(error: unknown): string {
  if (!(error instanceof DOMException)) return error instanceof Error ? error.message : "";
  if (error.name === "NotAllowedError" || error.name === "AbortError") return "";
  if (error.name === "InvalidStateError")
    return t`This device has a passkey of your account already.`;
  return t`The browser could not use a passkey: ${error.message}`;
}

/** Has the browser make a passkey. */
export async function makePasskey(question: unknown): Promise<unknown> {
  const asked = question as MakeQuestion;
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: described(asked.excludeCredentials),
    },
  });
  if (!(made instanceof PublicKeyCredential)) throw new Error("The browser made no passkey.");
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports(),
    },
    clientExtensionResults: {},
  };
}

/** Has the browser sign with whichever passkey the person picks. */
export async function signWithPasskey(question: unknown): Promise<unknown> {
  const asked = question as AskQuestion;
  const signed = await navigator.credentials.get({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      allowCredentials: described(asked.allowCredentials),
    },
  });
  if (!(signed instanceof PublicKeyCredential)) throw new Error("The browser signed nothing.");
  const response = signed.response as AuthenticatorAssertionResponse;
  return {
    id: signed.id,
    rawId: text(signed.rawId),
    type: signed.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
    },
    clientExtensionResults: {},
  };
}
