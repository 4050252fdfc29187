import type { ReactNode } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { LazyPage, PageCode } from "./components/LazyPage";
import { useSession } from "./hooks/services";
import { CallBackPage } from "./pages/CallBackPage";
import { CallCreatedPage } from "./pages/CallCreatedPage";
import { CallEndedPage } from "./pages/CallEndedPage";
import { HomePage } from "./pages/HomePage";
import { JoinCallPage } from "./pages/JoinCallPage";
import { LinkQuestionPage } from "./pages/LinkQuestionPage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { OutsidePage } from "./pages/OutsidePage";
import { SettingsPage } from "./pages/SettingsPage";
import { SignedOutPage } from "./pages/SignedOutPage";
import { SignInPage } from "./pages/SignInPage";
import { TermsPage } from "./pages/TermsPage";

const callPage = new PageCode(() => import("./pages/CallPage"));
const friendsPage = new PageCode(() => import("./pages/FriendsPage"));
const historyPage = new PageCode(() => import("./pages/HistoryPage"));
const blockedPage = new PageCode(() => import("./pages/BlockedPage"));
const checkPage = new PageCode(() => import("./pages/CheckPage"));

/** Fetches the code of what people are likely to open before it is needed, the call's first. */
export async function prefetchPages(): Promise<void> {
  try {
    await callPage.load();
    await Promise.all([friendsPage.load(), historyPage.load()]);
  } catch {
    // It comes when it is needed.
  }
}

export function App() {
  return (
    <BrowserRouter>
      <Routes>
        <Route path="/" element={<SignedIn page={<HomePage />} />} />
        <Route path="/call-created/:id" element={<SignedIn page={<CallCreatedPage />} />} />
        <Route path="/call-back/:id" element={<SignedIn page={<CallBackPage />} />} />
        <Route path="/join-call" element={<SignedIn page={<JoinCallPage />} />} />
        <Route path="/call/:id" element={<SignedIn page={<LazyPage code={callPage} />} />} />
        <Route path="/call-ended" element={<CallEndedPage />} />
        <Route path="/friends" element={<SignedIn page={<LazyPage code={friendsPage} />} />} />
        <Route path="/friends/blocked" element={<SignedIn page={<LazyPage code={blockedPage} />} />} />
        <Route path="/history" element={<SignedIn page={<LazyPage code={historyPage} />} />} />
        <Route path="/settings" element={<Settings />} />
        <Route path="/check" element={<SignedIn page={<LazyPage code={checkPage} />} />} />
        <Route path="/terms" element={<TermsPage />} />
        <Route path="*" element={<NotFoundPage />} />
      </Routes>
    </BrowserRouter>
  );
}

/** The page itself, or the way in first; the address stays, so a link to a call survives signing in. */
function SignedIn({ page }: { page: ReactNode }) {
  const session = useSession();
  if (session.kind === "dev_sign_in") return <SignInPage />;
  if (session.kind === "outside") return <OutsidePage />;
  if (session.kind === "other_link") return <LinkQuestionPage user={session.user} />;
  if (session.kind === "stale_link") return <OutsidePage staleLink />;
  if (session.kind === "signed_out") return <SignedOutPage />;
  if (session.kind === "deleted") return <SignedOutPage deleted />;
  return page;
}

/**
 * There for everybody; but who has just signed out, or deleted their data, is told so, and who came by a link to get
 * their data is told, or asked, what there is about it.
 */
function Settings() {
  const session = useSession();
  if (session.kind === "other_link") return <LinkQuestionPage user={session.user} />;
  if (session.kind === "stale_link") return <OutsidePage staleLink />;
  if (session.kind === "signed_out") return <SignedOutPage />;
  return session.kind === "deleted" ? <SignedOutPage deleted /> : <SettingsPage />;
}
