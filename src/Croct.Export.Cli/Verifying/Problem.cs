namespace Croct.Export.Cli.Verifying;

/// <summary>Why a dataset is not complete.</summary>
/// <param name="Kind">A word for programs.</param>
/// <param name="Part">The file name of the part that it is about; null for none.</param>
/// <param name="Text">What is wrong and what to do.</param>
internal sealed record Problem(string Kind, string? Part, string Text)
{
    /// <summary>The number of the part that is missing; null if this is another problem.</summary>
    public int? MissingPart { get; init; }
}
