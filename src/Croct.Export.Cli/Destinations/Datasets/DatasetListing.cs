namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>The objects of one dataset: of a stream, or of one of its slices.</summary>
internal sealed class DatasetListing
{
    /// <summary>The parts of the chain, by number.</summary>
    public required IReadOnlyList<PartName> Parts { get; init; }

    /// <summary>The parts that add what was missing.</summary>
    public required IReadOnlyList<PartName> Repairs { get; init; }

    /// <summary>The names of the sidecars of each part.</summary>
    public required ILookup<string, string> Sidecars { get; init; }

    /// <summary>Whether an export has reached the end of the data.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Everything else; it does not belong to the dataset.</summary>
    public required IReadOnlyList<string> Others { get; init; }

    /// <summary>Whether there are files that a query for this extension would read.</summary>
    public bool HasFiles(string extension) => Parts.Count + Repairs.Count > 0 || Others.Any(name => name.EndsWith(extension, StringComparison.Ordinal));

    /// <summary>The numbers of the chain that have no part.</summary>
    public IEnumerable<int> MissingParts =>
        Parts.Count == 0 ? [] : Enumerable.Range(1, Parts[^1].Number!.Value).Except(Parts.Select(part => part.Number!.Value));

    /// <param name="names">The names of the objects, relative to the folder of the dataset.</param>
    public static DatasetListing Of(IEnumerable<string> names)
    {
        var objects = names.ToList();
        var parts = objects.Select(name => (Name: name, Part: PartName.Parse(name))).Where(part => part.Part is not null).ToList();
        return new DatasetListing
        {
            Parts = [.. parts.Select(part => part.Part!.Value).Where(part => part.Number is not null).OrderBy(part => part.Number).ThenBy(part => part.Hash)],
            Repairs = [.. parts.Select(part => part.Part!.Value).Where(part => part.Number is null).OrderBy(part => part.Hash, StringComparer.Ordinal)],
            Sidecars = objects.Select(name => (Name: name, Part: Sidecar.ParsePart(name))).Where(sidecar => sidecar.Part is not null)
                .ToLookup(sidecar => sidecar.Part!, sidecar => sidecar.Name, StringComparer.Ordinal),
            IsComplete = objects.Contains(SuccessMarker.Name),
            Others =
            [
                .. objects.Except(parts.Select(part => part.Name))
                    .Where(name => name != SuccessMarker.Name && !name.StartsWith(Dataset.SidecarFolder, StringComparison.Ordinal)),
            ],
        };
    }
}
