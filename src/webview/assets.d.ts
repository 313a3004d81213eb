/** What the bundler reads beside code: a style sheet is imported for its effect alone. */
declare module '*.css';
