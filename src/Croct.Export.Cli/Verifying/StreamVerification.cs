namespace Croct.Export.Cli.Verifying;

/// <summary>The datasets of a stream, with what is found about them.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Folder">The folder, as shown to people.</param>
/// <param name="SliceBy">The length of a slice; null if there are none.</param>
/// <param name="Datasets">The datasets in the order of time.</param>
internal sealed record StreamVerification(
    ExportStream Stream, string Folder, TimeSpan? SliceBy, IReadOnlyList<(DatasetResult Result, DatasetVerification Verification)> Datasets)
{
    public string Name => Stream.ToString().ToLowerInvariant();

    public IEnumerable<DatasetResult> Results => Datasets.Select(dataset => dataset.Result);
}
