/**
 * A STOMP client for this project's own verbs: produce, consume, move messages from one broker to another.
 *
 * Read: client.
 * Promises: what it says is confirmed has its receipt; nothing is lost or doubled in silence when a connection ends.
 * Refuses: to be a library for others; stompit and @stomp/stompjs are.
 */
export {}
