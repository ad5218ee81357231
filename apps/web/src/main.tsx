import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { AddressProvider, redirectOldAddress } from './app/address.js'
import { keepFocus } from './app/keep-focus.js'
import { Page } from './app/page.js'
import { Workspace } from './app/workspace.js'
import './theme/tokens.css'
import './theme/base.css'

redirectOldAddress()
keepFocus()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page>
      <AddressProvider>
        <Workspace />
      </AddressProvider>
    </Page>
  </StrictMode>,
)
