// What the chat says. The widget hands in the words of its language; the console's own pages, which
// hand in none, say them in English.
import { createContext, useContext } from "react";
import { en } from "../widget/words/en";
import type { Words } from "../widget/words/words";

const Handed = createContext<Words>(en);

export const WordsOf = Handed.Provider;
export const useWords = (): Words => useContext(Handed);
