import { createRoot } from "react-dom/client";
import { App, prefetchPages } from "./App";
import { takeBrowserToken } from "./browserLink";
import { startTelegram } from "./core/telegram/telegram";
import { assemble } from "./hooks/assemble";
import { ServicesContext } from "./hooks/services";
import { startI18n } from "./i18n/setup";
import { openStartParam } from "./startParam";
import "./styles.css";
import { followTheme } from "./theme";

const linkToken = takeBrowserToken(location, history);
const telegram = startTelegram();
startI18n(telegram.languageCode);
followTheme(telegram);
openStartParam(telegram.startParam);

const services = assemble(telegram, linkToken);
void services.signIn();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <ServicesContext value={services}>
    <App />
  </ServicesContext>,
);
void prefetchPages();
