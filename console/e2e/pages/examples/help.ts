// Examples of the help centre.
import { at, type S } from "./base";

const article = (
  slug: string,
  title: string,
  category: string,
  excerpt: string,
): S["HelpArticle"] => ({ slug, title, category, locale: "en", excerpt, updated_at: at(4000) });

export const helpArticles: S["HelpArticle"][] = [
  article(
    "returns-and-refunds",
    "Returns and refunds",
    "Orders",
    "You can return most items within 30 days of delivery, unused and in their original packaging.",
  ),
  article(
    "exchanges",
    "Exchanges",
    "Orders",
    "We send the other size as soon as yours is on its way.",
  ),
  article("tent-set-up", "Setting up a tent", "Gear", "Peg out the corners first, then the poles."),
];

export const helpArticle: S["HelpArticleView"] = {
  slug: "returns-and-refunds",
  title: "Returns and refunds",
  category: "Orders",
  locale: "en",
  markdown:
    "# Returns and refunds\n\nYou can return most items within **30 days** of delivery.\n\n## How\n\n1. Print the label.\n2. Send the parcel.\n\n| Item | Days |\n| --- | --- |\n| Tents | 30 |\n| Gift cards | none |\n",
  updated_at: at(4000),
};
