namespace Croct.Export.Sandbox.Faults;

/// <summary>How a page is composed; faults change it.</summary>
/// <param name="maxItems">The maximum number of items.</param>
internal sealed class PageShape(int maxItems)
{
    public int MaxItems { get; set; } = maxItems;

    /// <summary>The number of items at the beginning that are written twice.</summary>
    public int Duplicates { get; set; }

    /// <summary>Whether nextCursor is the position at which the page begins.</summary>
    public bool RepeatsCursor { get; set; }
}

/// <summary>Faults in how a page is composed.</summary>
internal static class Pages
{
    public static readonly FaultSetting ItemCount = new("items", "maximum number of items of the page", 1, 1, 1000);
    public static readonly FaultSetting Extra = new("extra", "items beyond the page size", 10, 1, 10_000);
    public static readonly FaultSetting Duplicates = new("items", "number of items that are there twice", 1, 1, 1000);

    public static void Shorten(PageShape page, FaultHit hit) => page.MaxItems = Math.Min(page.MaxItems, hit[ItemCount]);

    public static void Lengthen(PageShape page, FaultHit hit) => page.MaxItems += hit[Extra];

    public static void Duplicate(PageShape page, FaultHit hit) => page.Duplicates = hit[Duplicates];
}
