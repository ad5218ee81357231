import { DropdownMenu } from 'radix-ui'
import { useCallback, useState, type ComponentProps, type ReactNode } from 'react'
import styles from './controls.module.css'

/** Parts of the page that a screen reader can go to. */
const landmarks = 'main, nav, section, [role="dialog"]'

/** What a {@link Menu} needs besides the attributes of radix's menu. */
export interface MenuProps extends ComponentProps<typeof DropdownMenu.Content> {
  /** The button that opens it. */
  trigger: ReactNode
  /** Set to open and close it from outside. Left out: the trigger does. */
  open?: boolean
  onOpenChange?(open: boolean): void
  /** Whether the trigger is only where the menu stands, and something else opens it. Default false. */
  disabled?: boolean
}

/** A menu below its button. It is a part of the landmark that its button is in, and the rest of the page stays in reach. */
export function Menu({ trigger, open, onOpenChange, disabled = false, children, ...content }: MenuProps) {
  const [container, setContainer] = useState<HTMLElement | null>(null)
  const place = useCallback((element: HTMLElement | null) => {
    if (element) setContainer(element.closest<HTMLElement>(landmarks))
  }, [])
  return (
    <DropdownMenu.Root modal={false} {...(open !== undefined && { open })} {...(onOpenChange && { onOpenChange })}>
      <DropdownMenu.Trigger asChild ref={place} disabled={disabled}>
        {trigger}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={container}>
        <DropdownMenu.Content className={styles.menu} align="start" sideOffset={4} collisionPadding={8} {...content}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

/** An entry of a {@link Menu}. */
export function MenuItem({ className, ...item }: ComponentProps<typeof DropdownMenu.Item>) {
  return <DropdownMenu.Item {...item} className={className ? `${styles.menuItem} ${className}` : styles.menuItem} />
}

/** A line between the entries of a {@link Menu}. */
export const MenuLine = () => <DropdownMenu.Separator className={styles.menuLine} />
