export interface TemplatePiece {
  text: string;
  /** It is a place to fill in. */
  place: boolean;
}

/** A template's text in what stays and what is filled in: `{{ contact_name }}`. */
export function placesOf(text: string): TemplatePiece[] {
  return text
    .split(/(\{\{[^{}]*\}\})/)
    .map((piece, at) => ({ text: piece, place: at % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}
