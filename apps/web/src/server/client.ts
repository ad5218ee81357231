import { Atelier } from '@atelier/client'

/** The one client of the page. The browser's cookie signs in. */
export const atelier = new Atelier({ url: document.baseURI })
