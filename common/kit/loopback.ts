/** Whether a host name or address is this very machine: 127.0.0.0/8, ::1 (with or without brackets), localhost. */
export const isLoopback = (host: string): boolean => /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost)$/.test(host);
