// The page at `/verify`: a PDF goes to this computer's daemon, its report comes back.

import { verify } from "./api.js";
import { dropZone } from "./documents.js";
import { byId, el, fill } from "./dom.js";
import { signature, verdict } from "./report.js";
import { say } from "./words.js";

const result = byId("result");

dropZone(async ([file]) => {
  result.hidden = true;
  const { file: report, pictures, left_out } = await verify(file);
  const own = ({ field }) => pictures.filter((picture) => picture.field === field);
  fill(
    result,
    verdict(report, file.name),
    ...report.signatures.map((one) => signature(one, own(one))),
    left_out > 0 && el("p", { class: "notice" }, say("console-verify-left-out", { count: left_out })),
  );
  result.hidden = false;
  result.focus();
});
