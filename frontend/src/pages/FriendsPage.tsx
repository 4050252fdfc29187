import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { Button } from "../components/Button";
import { Confirm } from "../components/Confirm";
import { FriendChoice, FriendRow } from "../components/FriendRow";
import { type FriendAction, FriendSheet } from "../components/FriendSheet";
import { Icon } from "../components/Icon";
import { Empty, More, RowsToCome } from "../components/ListParts";
import { LoadTrouble } from "../components/LoadTrouble";
import { Heading, Screen } from "../components/Screen";
import { SearchField } from "../components/SearchField";
import { Toast } from "../components/Toast";
import type { Outcome } from "../core/api/outcome";
import type { Friend } from "../core/api/types";
import { FriendList, MOST_AT_ONCE } from "../core/friends/friendList";
import { nameOf } from "../core/identity/colors";
import { useServices } from "../hooks/services";
import { useBack } from "../hooks/useBack";
import { useCallFriend } from "../hooks/useCallFriend";
import { usePaged } from "../hooks/usePaged";
import { useToast } from "../hooks/useToast";

/** What is asked before it is done. */
type Question =
  | { readonly kind: "delete"; readonly friends: readonly Friend[] }
  | { readonly kind: "block"; readonly friend: Friend };

/** Who was in a call with one: found, called, marked, deleted, blocked. */
export default function FriendsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { api } = useServices();
  const [state, list] = usePaged<Friend, FriendList>(
    () => new FriendList(api),
    (friends) => friends.start(),
  );
  const [query, setQuery] = useState("");
  const [favourites, setFavourites] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<number> | null>(null);
  const [open, setOpen] = useState<number | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const [busy, setBusy] = useState(false);
  const [toast, say] = useToast();
  const heading = useRef<HTMLHeadingElement>(null);
  const sayProblem = (code: string) => say(t([`errors.${code}`, "errors.other"]));
  const { calling, call } = useCallFriend(sayProblem);
  const back = useBack(() => (chosen ? setChosen(null) : void navigate("/", { replace: true })));

  // The list may have changed under the choice: only who is to be seen is counted, and deleted.
  const picked = state.items.filter((friend) => chosen?.has(friend.id));
  const opened = state.items.find((friend) => friend.id === open);
  const asked = query.trim() !== "" || favourites;
  const nobody = state.items.length === 0 && state.loading === null && !state.trouble;
  const name = (friend: Friend) => nameOf(friend) ?? t("common.nameless");

  const star = async (friend: Friend, favourite: boolean) => {
    const outcome = await list.setFavourite(friend.id, favourite);
    if (!outcome.ok) sayProblem(outcome.code);
  };
  const act = (friend: Friend, action: FriendAction) => {
    setOpen(null);
    if (action === "star") void star(friend, !friend.is_favourite);
    else if (action === "delete") setQuestion({ kind: "delete", friends: [friend] });
    else if (action === "block") setQuestion({ kind: "block", friend });
    else void call(friend, action === "video");
  };
  const settle = async (work: Promise<Outcome<void>>, done: string) => {
    setBusy(true);
    const outcome = await work;
    setBusy(false);
    if (!outcome.ok) {
      setQuestion(null);
      return sayProblem(outcome.code);
    }
    // The dialog gives the focus back to what is gone with the person, or with the choice.
    flushSync(() => {
      setQuestion(null);
      setChosen(null);
    });
    heading.current?.focus({ preventScroll: true });
    say(done);
  };
  /** Who was chosen among other people is not to be seen any more, and must not be deleted unseen. */
  const chooseAnew = () => setChosen((before) => before && new Set());
  const choose = (id: number, on: boolean) => {
    if (on && picked.length >= MOST_AT_ONCE) return say(t("friends.mostAtOnce", { most: MOST_AT_ONCE }));
    const next = new Set(picked.map((friend) => friend.id));
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };

  return (
    <Screen onBack={back}>
      <div className="flex items-start justify-between gap-3">
        <Heading focusRef={heading} title={t("friends.title")} />
        {(state.items.length > 0 || chosen) && (
          <button
            type="button"
            data-testid="select"
            onClick={() => setChosen(chosen ? null : new Set())}
            className="-mt-1.5 -mr-2 min-h-12 shrink-0 rounded-xl px-2 text-[16px] font-medium hover:bg-line"
          >
            {t(chosen ? "common.cancel" : "friends.select")}
          </button>
        )}
      </div>
      <div className="mt-4 flex flex-col gap-3">
        <SearchField
          label={t("friends.search")}
          hint={t("friends.searchHint")}
          value={query}
          onChange={(text) => {
            setQuery(text);
            chooseAnew();
            list.setQuery(text);
          }}
        />
        <div className="flex items-center gap-2">
          {[false, true].map((only) => (
            <button
              key={String(only)}
              type="button"
              data-testid={only ? "only-favourites" : "everybody"}
              aria-pressed={favourites === only}
              onClick={() => {
                setFavourites(only);
                chooseAnew();
                list.setFavouritesOnly(only);
              }}
              className={`min-h-11 rounded-full px-4 text-[15px] font-medium transition ${favourites === only ? "bg-accent text-on-accent" : "bg-card ring-1 ring-line ring-inset"}`}
            >
              {t(only ? "friends.favourites" : "friends.all")}
            </button>
          ))}
          <p role="status" data-testid="total" className="ml-auto pr-1 text-[15px] text-soft">
            {state.loading === "first" || state.total === null
              ? ""
              : asked
                ? t("friends.found", { count: state.total })
                : t("friends.total", { count: state.total })}
          </p>
        </div>
      </div>

      {state.items.length > 0 && (
        <ul
          data-testid="friends"
          aria-busy={state.loading !== null}
          className={`mt-3 overflow-hidden rounded-3xl bg-card transition-opacity ${state.loading === "first" ? "opacity-60" : ""}`}
        >
          {state.items.map((friend) => (
            <li key={friend.id} className="border-line not-first:border-t">
              {chosen ? (
                <FriendChoice
                  friend={friend}
                  chosen={chosen.has(friend.id)}
                  onChoose={(on) => choose(friend.id, on)}
                />
              ) : (
                <FriendRow
                  friend={friend}
                  calling={calling === friend.id}
                  busy={calling !== null}
                  onOpen={() => setOpen(friend.id)}
                  onCall={() => void call(friend, false)}
                  onStar={(favourite) => void star(friend, favourite)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {state.loading === "first" && state.items.length === 0 && <RowsToCome />}
      {state.trouble && <LoadTrouble trouble={state.trouble} onRetry={list.retry} />}
      {nobody && <Nobody query={query} favourites={favourites} />}
      {state.hasMore && !state.trouble && <More busy={state.loading === "more"} onMore={list.more} />}

      {chosen ? (
        <div
          className="sticky bottom-0 mt-auto bg-page pt-3"
          style={{ paddingBottom: "calc(var(--tc-bottom) + 8px)" }}
        >
          <Button
            look="danger"
            icon="trash"
            data-testid="delete-chosen"
            disabled={picked.length === 0}
            onClick={() => setQuestion({ kind: "delete", friends: picked })}
          >
            {t("friends.deleteSelected", { count: picked.length })}
          </Button>
        </div>
      ) : (
        <div className="mt-auto pt-6">
          <Link
            to="/friends/blocked"
            data-testid="blocked-link"
            className="flex min-h-14 items-center justify-between rounded-3xl bg-card px-5 text-[17px] transition hover:brightness-97"
          >
            {t("friends.blocked")}
            <Icon name="chevron" className="size-5 text-soft" />
          </Link>
        </div>
      )}

      {opened && (
        <FriendSheet friend={opened} onAct={(action) => act(opened, action)} onClose={() => setOpen(null)} />
      )}
      {question?.kind === "delete" && (
        <Confirm
          ground="page"
          question={
            question.friends.length === 1 && question.friends[0]
              ? t("friends.deleteOne", { name: name(question.friends[0]) })
              : t("friends.deleteMany", { count: question.friends.length })
          }
          text={t("friends.deleteText")}
          yes={t("friends.deleteYes")}
          no={t("common.cancel")}
          busy={busy}
          onNo={() => setQuestion(null)}
          onYes={() =>
            void settle(
              list.delete(question.friends.map(({ id }) => id)),
              t("friends.deleted", { count: question.friends.length }),
            )
          }
        />
      )}
      {question?.kind === "block" && (
        <Confirm
          ground="page"
          question={t("friends.blockQuestion", { name: name(question.friend) })}
          text={t("friends.blockText")}
          yes={t("friends.blockYes")}
          no={t("common.cancel")}
          busy={busy}
          onNo={() => setQuestion(null)}
          onYes={() =>
            void settle(
              list.block(question.friend.id),
              t("friends.isBlocked", { name: name(question.friend) }),
            )
          }
        />
      )}
      <Toast text={toast} />
    </Screen>
  );
}

/** Nobody to show: why, and what would change it. */
function Nobody({ query, favourites }: { query: string; favourites: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  if (query.trim())
    return <Empty icon="search" title={t("friends.nothingTitle")} text={t("friends.nothingText")} />;
  if (favourites)
    return <Empty icon="star" title={t("friends.noFavouritesTitle")} text={t("friends.noFavouritesText")} />;
  return (
    <Empty icon="people" title={t("friends.emptyTitle")} text={t("friends.emptyText")}>
      <Button data-testid="start-a-call" onClick={() => void navigate("/")}>
        {t("friends.emptyAction")}
      </Button>
    </Empty>
  );
}
