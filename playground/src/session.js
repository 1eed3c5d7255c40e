// Who is signed in. The access token is kept in memory alone; the refresh token is in a cookie that no script reads.

const EARLY_SECONDS = 30;

let access = null;
let ended = () => {};

const post = (path, body, headers = {}) =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

const keep = async (answer) => {
  const { accessToken, expiresIn } = await answer.json();
  access = { token: accessToken, until: Date.now() + (expiresIn - EARLY_SECONDS) * 1000 };
  return access.token;
};

// A refresh token is good once: the tabs of a browser take turns, or the hub would take the second one for a thief.
const inTurn = (work) => (navigator.locks ? navigator.locks.request("hub-refresh", work) : work());

let refreshing = null;
const refresh = () => {
  refreshing ??= inTurn(async () => {
    const answer = await post("/auth/refresh", {});
    if (answer.ok) return keep(answer);
    if (answer.status !== 401) throw new Error(`The hub answered ${answer.status}; try again.`);
    access = null;
    return null;
  }).finally(() => {
    refreshing = null;
  });
  return refreshing;
};

/** The ways to sign in; null where nobody needs to. */
export const ways = async () => {
  const answer = await fetch("/auth");
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`The hub answered ${answer.status}; reload the page.`);
  return answer.json();
};

/** Calls back when a session has ended that was going on. */
export const onEnd = (callback) => {
  ended = callback;
};

/** An access token that is good for now; null when somebody has to sign in. */
export const token = async () => {
  if (access && Date.now() < access.until) return access.token;
  const wasIn = access !== null;
  const fresh = await refresh();
  if (fresh === null && wasIn) ended();
  return fresh;
};

/** Signs in; why not, in a sentence, or null. */
export const signIn = async (name, password) => {
  const answer = await post("/auth/login", { name, password, inCookie: true });
  if (answer.ok) {
    await keep(answer);
    return null;
  }
  if (answer.status === 401) return "The name or the password is not right.";
  const body = await answer.json().catch(() => null);
  return body?.errors?.[0]?.message ?? `The hub answered ${answer.status}; try again.`;
};

/** Ends the session, on every server. */
export const signOut = async () => {
  const headers = access ? { authorization: `Bearer ${access.token}` } : {};
  const answer = await post("/auth/logout", {}, headers).catch(() => null);
  // Else the cookie is still good, and who comes next would be let in.
  if (answer?.ok !== true && answer?.status !== 401) {
    return "The hub could not be asked to sign you out: you are still signed in. Try again.";
  }
  access = null;
  ended();
  return null;
};

/** `fetch` as who is signed in. A token that was taken away meanwhile is asked for once more. */
export const fetchSignedIn = async (url, options = {}) => {
  const ask = async () => {
    const current = await token();
    const headers = { ...options.headers, ...(current && { authorization: `Bearer ${current}` }) };
    return { answer: await fetch(url, { ...options, headers }), current };
  };
  const first = await ask();
  if (first.answer.status !== 401 || first.current === null) return first.answer;
  if (access?.token === first.current) access.until = 0;
  return (await ask()).answer;
};
