// The first script of every page. It is small, so that what the page needs is asked for side by side: the console's
// own scripts, which the page names beside this one, those of staff's pages, and what the service has to say.
import { askFor, isStaffs } from "./asks";
import { Early } from "./early";
import { known } from "./known";

const early = new Early();
const may = known();
if (may && isStaffs(location.pathname)) {
  askFor(early, location, may);
  // Whatever fails here fails again where the page is drawn, and is told there.
  import("../staff").catch(() => {});
}
void import("../main").then(({ start }) => start(early));
