// The page at `/`.

import { showCards } from "./cards.js";
import { takeDocuments } from "./documents.js";

takeDocuments();
showCards();
