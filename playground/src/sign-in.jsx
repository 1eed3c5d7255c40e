import { useState } from "react";
import icon from "./icon.svg";
import { signIn } from "./session.js";

const goToIssuer = () => {
  const here = window.location.pathname + window.location.search;
  window.location.assign(`/auth/oidc/login?returnTo=${encodeURIComponent(here)}`);
};

/** Asks for a name and a password, or leads to the identity provider. */
export const SignIn = ({ ways, onDone }) => {
  const [told, setTold] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const problem = await signIn(form.get("name"), form.get("password")).catch(() => "The hub does not answer; try again.");
    setBusy(false);
    if (problem) setTold(problem);
    else onDone();
  };
  return (
    <main className="hub-sign-in">
      <form onSubmit={submit}>
        <h1 className="hub-logo">
          <img src={icon} alt="" />
          Inventory Hub
        </h1>
        {ways.oidc && (
          <>
            <button type="button" className="hub-issuer" onClick={goToIssuer}>
              Sign in with your organization
            </button>
            <p className="hub-or">or with a password of the hub</p>
          </>
        )}
        <label>
          Name
          <input name="name" autoComplete="username" required autoFocus />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <p className="hub-told" role="alert">
          {told}
        </p>
        <button disabled={isBusy}>Sign in</button>
      </form>
    </main>
  );
};
