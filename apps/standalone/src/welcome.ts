import { relative } from 'node:path'

/** What the embedded stack prints when it is ready: address, key and first lines to try. */
export function welcome({
  url,
  token,
  signInUrl,
  keyFile,
  model,
}: {
  url: string
  token: string
  signInUrl: string
  keyFile: string
  model: string
}): string {
  const near = relative(process.cwd(), keyFile)
  const file = near.startsWith('..') ? keyFile : near
  const quoted = /^[\w./-]+$/.test(file) ? file : `'${file}'`
  return `
Atelier is ready.

  Page   ${signInUrl}
         (signs one browser in, within an hour; every start prints a new one)
  API    ${url}/docs
  Admin  ${url}/admin
  Key    ${token}   (kept in ${file})
  Model  ${model}

Try it from another terminal:

  URL=${url} AUTH="Authorization: Bearer $(cat ${quoted})"
  SESSION=$(curl -s -X POST "$URL/v1/sessions" -H "$AUTH" | grep -o 'ses_[0-9a-z]*' | head -1)
  curl -s "$URL/v1/sessions/$SESSION/turns" -H "$AUTH" -H 'Content-Type: application/json' \\
    -d '{"instruction": "a red circle on a blue background"}'

Ctrl-C stops it; the data stays.
`
}
