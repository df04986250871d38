// How carefully approvals are reviewed: one's own figures for oneself, those of all together for whoever may see
// them, and whether there are exercises.
import { t } from "@lingui/core/macro";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { AllReviewers } from "./AllReviewers";
import { Exercises } from "./Exercises";
import { OwnReviewing } from "./OwnReviewing";
import "./review.css";

export function ReviewingPage() {
  useTitle(t`My reviewing`);
  const { may, userId } = useSession();
  return (
    <div className="stack">
      {may("decide_approvals") && userId !== undefined && <OwnReviewing />}
      {may("read_review_quality") && <AllReviewers />}
      {may("read_approvals") && <Exercises />}
    </div>
  );
}
