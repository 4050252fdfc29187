import { lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter, Route, Routes } from "react-router";
import { Spinner } from "./components/Button";
import { useSession } from "./hooks/services";
import { CallBackPage } from "./pages/CallBackPage";
import { CallCreatedPage } from "./pages/CallCreatedPage";
import { CallEndedPage } from "./pages/CallEndedPage";
import { DeletedPage } from "./pages/DeletedPage";
import { HomePage } from "./pages/HomePage";
import { JoinCallPage } from "./pages/JoinCallPage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { OutsidePage } from "./pages/OutsidePage";
import { SettingsPage } from "./pages/SettingsPage";
import { SignInPage } from "./pages/SignInPage";
import { TermsPage } from "./pages/TermsPage";

const loadCallPage = () => import("./pages/CallPage");
const CheckPage = lazy(() => import("./pages/CheckPage").then((page) => ({ default: page.CheckPage })));
const CallPage = lazy(loadCallPage);
const FriendsPage = lazy(() => import("./pages/FriendsPage"));
const BlockedPage = lazy(() => import("./pages/BlockedPage"));
const HistoryPage = lazy(() => import("./pages/HistoryPage"));

/** Fetches the call's code before it is needed. */
export const prefetchCall = (): void => void loadCallPage().catch(() => {});

export function App() {
  return (
    <BrowserRouter>
      <Suspense fallback={<Waiting />}>
        <Routes>
          <Route path="/" element={<SignedIn page={<HomePage />} />} />
          <Route path="/call-created/:id" element={<SignedIn page={<CallCreatedPage />} />} />
          <Route path="/call-back/:id" element={<SignedIn page={<CallBackPage />} />} />
          <Route path="/join-call" element={<SignedIn page={<JoinCallPage />} />} />
          <Route path="/call/:id" element={<SignedIn page={<CallPage />} />} />
          <Route path="/call-ended" element={<CallEndedPage />} />
          <Route path="/friends" element={<SignedIn page={<FriendsPage />} />} />
          <Route path="/friends/blocked" element={<SignedIn page={<BlockedPage />} />} />
          <Route path="/history" element={<SignedIn page={<HistoryPage />} />} />
          <Route path="/settings" element={<Settings />} />
          <Route path="/check" element={<SignedIn page={<CheckPage />} />} />
          <Route path="/terms" element={<TermsPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Routes>
      </Suspense>
    </BrowserRouter>
  );
}

/** The page itself, or the way in first; the address stays, so a link to a call survives signing in. */
function SignedIn({ page }: { page: ReactNode }) {
  const session = useSession();
  if (session.kind === "dev_sign_in") return <SignInPage />;
  if (session.kind === "outside") return <OutsidePage />;
  if (session.kind === "stale_link") return <OutsidePage staleLink />;
  if (session.kind === "deleted") return <DeletedPage />;
  return page;
}

/** There for everybody; but what somebody has just deleted is not shown any more. */
function Settings() {
  return useSession().kind === "deleted" ? <DeletedPage /> : <SettingsPage />;
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div
      role="status"
      aria-label={t("common.loading")}
      className="grid min-h-dvh place-items-center text-soft"
    >
      <Spinner className="size-8" />
    </div>
  );
}
