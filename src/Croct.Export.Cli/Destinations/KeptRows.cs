namespace Croct.Export.Cli.Destinations;

/// <summary>The part of a run that is permanently in its file.</summary>
/// <param name="Rows">The rows of this run.</param>
/// <param name="Bytes">The bytes of the file, those of earlier runs included.</param>
/// <param name="Sha256">The SHA-256 of these bytes; null if there is no such file.</param>
/// <param name="Cursor">The cursor to resume from after these rows; null for the beginning of the window.</param>
internal sealed record KeptRows(long Rows, long Bytes, string? Sha256, string? Cursor)
{
    /// <summary>The number of items of this run that were there before, where only the destination knows.</summary>
    public long Duplicates { get; init; }

    public static KeptRows None { get; } = new(0, 0, null, null);
}
