namespace Croct.Export.Cli.Destinations;

/// <summary>Why earlier data does not belong to the current command.</summary>
internal static class RequestDifference
{
    /// <summary>The first difference between two requests, with both values; null if there is none.</summary>
    /// <param name="earlier">The parts of the earlier request.</param>
    /// <param name="current">The parts of the current request, in the same order.</param>
    public static string? Find(IEnumerable<(string Name, string Value)> earlier, IEnumerable<(string Name, string Value)> current) => earlier.Zip(current)
        .Where(pair => pair.First.Value != pair.Second.Value)
        .Select(pair => $"{pair.First.Name} was {pair.First.Value} but is {pair.Second.Value} this time")
        .FirstOrDefault();
}
