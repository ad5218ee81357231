import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { keepFocus } from '../app/keep-focus.js'
import { Page } from '../app/page.js'
import '../theme/tokens.css'
import '../theme/base.css'
import { Dashboard } from './dashboard.js'

keepFocus()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page>
      <Dashboard />
    </Page>
  </StrictMode>,
)
