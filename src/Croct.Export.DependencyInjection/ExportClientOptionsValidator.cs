using Microsoft.Extensions.Options;

namespace Croct.Export.DependencyInjection;

/// <summary>Validates options with the constructor of the client.</summary>
internal sealed class ExportClientOptionsValidator : IValidateOptions<ExportClientOptions>
{
    public ValidateOptionsResult Validate(string? name, ExportClientOptions options)
    {
        if (options.HttpMessageHandler is not null)
        {
            return Fail(
                name,
                $"{nameof(options.HttpMessageHandler)} cannot be set here: configure the handler through the builder that AddCroctExport returns.");
        }

        try
        {
            using var client = new ExportClient(options);
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException exception)
        {
            return Fail(name, exception.Message);
        }
    }

    private static ValidateOptionsResult Fail(string? name, string message) =>
        ValidateOptionsResult.Fail($"The options of the Croct Export client{(string.IsNullOrEmpty(name) ? "" : $" '{name}'")} are not valid: {message}");
}
