import { DropdownMenu, Slot } from 'radix-ui'
import { useRef, useState, type ComponentProps, type KeyboardEvent, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import styles from './controls.module.css'

/** Parts of the page that a screen reader can go to. */
const landmarks = 'main, nav, section, [role="dialog"]'

/** What a {@link Menu} needs besides the attributes of radix's menu. */
export interface MenuProps extends ComponentProps<typeof DropdownMenu.Content> {
  /** The button that opens it, by a click: pressing it can begin a drag. */
  trigger: ReactNode
}

/**
 * A menu at its button. It is a part of the landmark that its button is in, and the rest of the page stays in reach. Until it
 * is opened it costs nothing, so that long lists can have one in each row.
 */
export function Menu({ trigger, children, onCloseAutoFocus, ...content }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null)
  const [place, setPlace] = useState<DOMRect | null>(null)
  const [container, setContainer] = useState<HTMLElement | null>(null)
  const wasOpen = useRef(false)
  const open = (element: HTMLElement) => {
    setContainer(element.closest<HTMLElement>(landmarks))
    setPlace(element.getBoundingClientRect())
  }
  return (
    <>
      <Slot.Root
        ref={button}
        aria-haspopup="menu"
        aria-expanded={place !== null}
        {...(place && { 'data-state': 'open' })}
        // Pressing the button of an open menu closes it as any press outside does; the click must not open it again.
        onPointerDown={() => {
          wasOpen.current = place !== null
        }}
        onClick={({ currentTarget }) => {
          if (!wasOpen.current) open(currentTarget)
          wasOpen.current = false
        }}
        onKeyDown={(event: KeyboardEvent<HTMLElement>) => {
          if (event.key !== 'ArrowDown') return
          event.preventDefault()
          open(event.currentTarget)
        }}
      >
        {trigger}
      </Slot.Root>
      {place && (
        <DropdownMenu.Root modal={false} open onOpenChange={(next) => !next && setPlace(null)}>
          {createPortal(
            <DropdownMenu.Trigger asChild disabled>
              <span
                className={styles.menuPlace}
                style={{ left: place.left, top: place.top, width: place.width, height: place.height }}
                aria-hidden
              />
            </DropdownMenu.Trigger>,
            document.body,
          )}
          <DropdownMenu.Portal container={container}>
            <DropdownMenu.Content
              className={styles.menu}
              align="start"
              sideOffset={4}
              collisionPadding={8}
              {...content}
              onCloseAutoFocus={(event) => {
                onCloseAutoFocus?.(event)
                if (event.defaultPrevented) return
                event.preventDefault()
                // Whoever pressed something else goes on there.
                if (document.activeElement?.contains(button.current)) button.current?.focus()
              }}
            >
              {children}
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu.Root>
      )}
    </>
  )
}

/** An entry of a {@link Menu}. */
export function MenuItem({ className, ...item }: ComponentProps<typeof DropdownMenu.Item>) {
  return <DropdownMenu.Item {...item} className={className ? `${styles.menuItem} ${className}` : styles.menuItem} />
}

/** A line between the entries of a {@link Menu}. */
export const MenuLine = () => <DropdownMenu.Separator className={styles.menuLine} />
