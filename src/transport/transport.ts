/**
 * Transport is sockets: listeners, the connections they accept, and back-pressure.
 *
 *   listener ─► connection ─► (first bytes: STOMP?) ─► session      reading stops: journal behind, no space, client slow
 *                    ▲ timers: CONNECT in time, heart-beats          writing: one write per socket and turn
 *
 * Read: listener (what a transportConnector opens) · connection (one client) · strangers (who has not said who he is) · wire, websocket (what carries its bytes) ·
 * protocol (what the first bytes say) · dial with dialled-link (the one connection that we open: to our twin).
 * Promises: a connection beyond the limit is closed without a byte; a fatal ERROR is read by the client before the close.
 * Refuses: to wait for a client. Whoever does not read gets no more deliveries; whoever does not CONNECT in time is dropped.
 */
export { Connection } from './connection.ts'
export { DialFailure, dial, probe, type DialOptions, type DialWhy, type Probed } from './dial.ts'
export { Listener, type ListenerOptions, type ListenerTls } from './listener.ts'
export { recognise, type Protocol } from './protocol.ts'
