namespace Croct.Export.Cli.Verifying;

/// <summary>The datasets of a stream, with what is found about them.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Folder">The folder or table, as shown to people.</param>
/// <param name="Datasets">The datasets in the order of time.</param>
/// <param name="Problems">Problems that belong to none of them.</param>
internal sealed record StreamVerification(
    ExportStream Stream, string Folder, IReadOnlyList<(DatasetResult Result, DatasetVerification Verification)> Datasets, IReadOnlyList<string> Problems)
{
    public string Name => Stream.ToString().ToLowerInvariant();

    public IEnumerable<DatasetResult> Results => Datasets.Select(dataset => dataset.Result);

    public bool IsComplete => Problems.Count == 0 && Results.All(result => result.IsComplete);
}
