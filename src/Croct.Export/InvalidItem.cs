namespace Croct.Export;

/// <summary>An item of a page that is JSON but cannot be read as what it should be, such as an event whose timestamp is a word.</summary>
/// <remarks>See <see cref="ExportClientOptions.OnInvalidItem"/>.</remarks>
public sealed class InvalidItem
{
    /// <summary>The stream that the item came in.</summary>
    public ExportStream Stream { get; init; }

    /// <summary>The cursor that the page of the item was asked with; null for the first page of a window.</summary>
    public string? Cursor { get; init; }

    /// <summary>The place of the item in the answer, from 0, counting all items.</summary>
    public int Index { get; init; }

    /// <summary>The item as it was received, in UTF-8. The bytes are the receiver's to keep.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>What is wrong with the item; the message names the place in it.</summary>
    public ExportException? Exception { get; init; }
}
