/** Text in two colours: the structure, and what it holds. Every second piece is structure. */
export function ColouredCode({ pieces }: { pieces: readonly string[] }) {
  return pieces.map((piece, place) => {
    if (place % 2 === 0) return piece;
    const key = `mark ${place}`; // pieces never move
    return (
      <span key={key} className="bellwire-mark">
        {piece}
      </span>
    );
  });
}
